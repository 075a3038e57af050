import type { Schema } from './schema-value.ts';

/** A route of the server's own description. */
export interface HttpRoute {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly query: readonly string[];
  readonly body: Schema | undefined;
  readonly resolve: (ref: string) => Schema;
}

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content?: { readonly 'application/json'?: { readonly schema?: Schema } } };
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** Paths that answer, but are no part of the description. */
const UNDESCRIBED = ['/', '/socket.io/', '/v1/ws', '/favicon.ico', '/v1', '/api', '/admin', '/nowhere'] as const;

/** Every route that the server describes, so that a new one is fuzzed without anybody remembering it. */
export async function readRoutes(url: string): Promise<HttpRoute[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
  const resolve = (ref: string) => document.components?.schemas?.[ref.split('/').at(-1) ?? ''] ?? {};
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      query: parameters.flatMap((each) => (each.in === 'query' ? [each.name] : [])),
      body: requestBody?.content?.['application/json']?.schema,
      resolve,
    })),
  );
  if (described.length < 10) throw new Error(`${url}/openapi.json describes only ${described.length} routes.`);
  return [...described, ...UNDESCRIBED.map((path) => ({ method: 'GET', path, query: [], body: undefined, resolve }))];
}
