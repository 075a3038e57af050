import { z } from '@hono/zod-openapi';
import { ERROR_CODES, type ErrorCode } from '@porchlight/protocol';
import type { Dialect, Route } from '../dialects/dialect.ts';
import type { HttpApp } from '../transports/http-app.ts';
import type { MayCall } from './caller.ts';
import { refusal } from './records.ts';
import type { ApiRoute } from './route.ts';

/*
 * The register of what is answered, from which `/openapi.json` is made: of the routes themselves, so that it cannot say anything else.
 */

type Responses = Parameters<HttpApp['openAPIRegistry']['registerPath']>[0]['responses'];

const DESCRIPTION = `Who is online, on what, and when they were last seen.

Every path also answers \`HEAD\` where it answers \`GET\`, and \`OPTIONS\`; a method that a path does not know is a route that is not there
(404). Besides these routes, WebSockets of the native protocol connect to \`/v1/ws\` and Socket.IO to \`/socket.io/\`.`;

const SECURITY: Readonly<Record<MayCall, readonly Record<string, string[]>[]>> = {
  anyone: [],
  user: [{ token: [] }],
  'back-end': [{ apiKey: [] }],
  either: [{ token: [] }, { apiKey: [] }],
};

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });

/** The document, as OpenAPI 3.1, of everything that was added. */
export function documentOf(app: HttpApp, version: string) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A person’s token; also as `?token=` or, for pages of this server and of the origins it allows, in a cookie.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description: 'A back end’s key; also as `Authorization: Bearer`. It sees everything in its tenant.',
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Porchlight', version, description: DESCRIPTION, license: { name: 'MIT' } },
  });
}

/** Adds a route of `/v1` to the document. */
export function documentRoute(app: HttpApp, route: ApiRoute): void {
  const { method, path, topic, summary, description, mayCall, params, query, body, answers, refuses = [] } = route;
  const codes: ErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'INTERNAL', 'UNAVAILABLE', ...refuses];
  if (hasFields(params) || hasFields(query) || body !== undefined) codes.push('INVALID_PAYLOAD', 'TOO_MANY_IDS');
  if (body !== undefined) codes.push('PAYLOAD_TOO_LARGE');
  app.openAPIRegistry.registerPath({
    method,
    path,
    tags: [topic],
    summary,
    ...(description === undefined ? null : { description }),
    security: [...SECURITY[mayCall]],
    request: {
      ...(hasFields(params) ? { params } : null),
      ...(query === undefined ? null : { query }),
      ...(body === undefined ? null : { body: { required: true, content: json(body) } }),
    },
    responses: {
      ...(answers === null ? { 204: { description: 'Done.' } } : { 200: { description: 'The answer.', content: json(answers) } }),
      ...refusals(codes, refusal),
    },
  });
}

/** Adds a route that is answered otherwise: health, metrics, the document itself. */
export function documentOther(
  app: HttpApp,
  {
    path,
    summary,
    mayCall,
    contentType,
    answers,
    codes,
  }: {
    path: string;
    summary: string;
    mayCall: MayCall;
    contentType: string;
    answers: z.ZodType;
    codes: readonly ErrorCode[];
  },
): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path,
    tags: ['Running it'],
    summary,
    security: [...SECURITY[mayCall]],
    responses: { 200: { description: 'The answer.', content: { [contentType]: { schema: answers } } }, ...refusals(codes, refusal) },
  });
}

/** Adds the routes of the dialects. */
export function documentDialects(app: HttpApp, dialects: readonly Dialect[]): void {
  for (const dialect of dialects) for (const route of dialect.routes) documentDialectRoute(app, dialect, route);
}

function documentDialectRoute(app: HttpApp, dialect: Dialect, route: Route<never>): void {
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
  const shape: Record<string, z.ZodType> = route.reads instanceof z.ZodObject ? (route.reads.shape as Record<string, z.ZodType>) : {};
  const pick = (wanted: boolean) => Object.fromEntries(Object.entries(shape).filter(([name]) => names.includes(name) === wanted));
  const rest = pick(false);
  const codes: ErrorCode[] = ['INVALID_PAYLOAD', 'RATE_LIMITED', 'INTERNAL', 'UNAVAILABLE'];
  if (route.authenticated) codes.push('UNAUTHENTICATED', 'FORBIDDEN');
  if (route.method === 'post') codes.push('PAYLOAD_TOO_LARGE');
  const isBody = route.method === 'post';
  app.openAPIRegistry.registerPath({
    method: route.method,
    path: route.path.replaceAll(/:(\w+)/g, '{$1}'),
    tags: [`Dialect ${dialect.name}`],
    summary: route.summary,
    security: [...SECURITY[route.authenticated ? 'user' : 'anyone']],
    request: {
      ...(names.length > 0 ? { params: z.object(pick(true)) } : null),
      ...(isBody ? { body: { required: false, content: json(z.object(rest)) } } : null),
      ...(!isBody && Object.keys(rest).length > 0 ? { query: z.object(rest) } : null),
    },
    responses: { 200: { description: 'The answer.', content: json(route.answers) }, ...refusals(codes, refusalOf(dialect)) },
  });
}

const dialectRefusals = new WeakMap<Dialect['says'], z.ZodType>();

// A dialect's own form of errors is known by its words only, so it is described by what they say. Once: see `records.ts`.
function refusalOf({ says }: Dialect): z.ZodType {
  const known = dialectRefusals.get(says) ?? describeRefusal(says);
  dialectRefusals.set(says, known);
  return known;
}

function describeRefusal(says: Dialect['says']): z.ZodType {
  const example = says.refusedRoute?.({ code: 'INVALID_PAYLOAD', message: '…', event: null, at: 0 }) ?? {
    error: { code: 'INVALID_PAYLOAD', message: '…' },
  };
  return z.looseObject({}).openapi({ description: 'The dialect’s own form of errors.', example: example as Record<string, unknown> });
}

function refusals(codes: readonly ErrorCode[], schema: z.ZodType): Responses {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(ERROR_CODES[code].http, [...(byStatus.get(ERROR_CODES[code].http) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      status,
      { description: those.map((code) => `${code}: ${ERROR_CODES[code].message}`).join(' '), content: json(schema) },
    ]),
  );
}

const hasFields = (object: z.ZodObject | undefined) => object !== undefined && Object.keys(object.shape).length > 0;
