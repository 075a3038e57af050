import type { z } from '@hono/zod-openapi';
import type { ErrorCode } from '@porchlight/protocol';
import type { Caller, MayCall } from './caller.ts';

/** One route of `/v1`: what it reads, who may ask, what it does and what it answers. The document of the API is made from these. */
export interface ApiRoute<Params = unknown, Query = unknown, Body = unknown> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** OpenAPI's form, such as `/v1/presence/{user}`. */
  readonly path: string;
  readonly topic: string;
  readonly summary: string;
  readonly description?: string;
  readonly mayCall: Exclude<MayCall, 'anyone'>;
  readonly params?: z.ZodObject & z.ZodType<Params>;
  readonly query?: z.ZodObject & z.ZodType<Query>;
  /** Strict: fields that it does not know are refused. */
  readonly body?: z.ZodType<Body>;
  /** Null answers 204. */
  readonly answers: z.ZodType | null;
  /** Codes it may refuse with besides those that every such route has. */
  readonly refuses?: readonly ErrorCode[];
  readonly does: (request: { params: Params; query: Query; body: Body }, caller: Caller) => unknown;
}

/** Describes a route; the types of what it gets follow from what it reads. */
export function apiRoute<Params, Query, Body>(route: ApiRoute<Params, Query, Body>): ApiRoute {
  // Only this route's own parsers make what its `does` is given.
  return route as unknown as ApiRoute;
}
