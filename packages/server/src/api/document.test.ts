import { ERROR_CODES } from '@porchlight/protocol';
import { type RealServer, startServer } from '@porchlight/testkit/real-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createHttpApp } from '../transports/http.ts';
import { apiRoutes } from './api.ts';
import { API_KEY, API_KEYS, apiClient, type Call } from './api-client.ts';

interface Operation {
  security: Record<string, string[]>[];
  requestBody?: { required: boolean };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

/** A request for each route that is answered with success. A documented route without a line here fails the test. */
const REQUESTS: Record<string, { path?: string; body?: unknown }> = {
  'GET /api/user-presence/{user}': { path: '/api/user-presence/bob' },
  'GET /api/user-status/{user}': { path: '/api/user-status/bob?tz=Europe/Berlin' },
  'POST /api/update-online-status': { body: { screen: 'chat', app_state: 'active' } },
  'POST /api/logout-status': {},
  'GET /api/online-users-count': {},
  'GET /v1/presence/{user}': { path: '/v1/presence/bob' },
  'POST /v1/presence': { body: { ids: ['bob', 'nobody'], sort: 'presence' } },
  'GET /v1/online': { path: '/v1/online?limit=1&status=online,away' },
  'GET /v1/online/count': {},
  'POST /v1/me/heartbeat': { body: { platform: 'ios', screen: 'chat' } },
  'DELETE /v1/me/heartbeat': {},
  'GET /metrics': {},
  'GET /healthz': {},
  'GET /readyz': {},
  'GET /openapi.json': {},
  ...aboutSomebody('/v1/me', '/v1/me'),
  ...aboutSomebody('/v1/users/{user}', '/v1/users/bob'),
};

function aboutSomebody(documented: string, path: string): typeof REQUESTS {
  const lists = ['contacts', 'blocks'].flatMap((list) => [
    [`GET ${documented}/${list}`, { path: `${path}/${list}?limit=5` }],
    [`PATCH ${documented}/${list}`, { path: `${path}/${list}`, body: { add: ['carol'], remove: ['dave'] } }],
    [`PUT ${documented}/${list}/{other}`, { path: `${path}/${list}/carol` }],
    [`GET ${documented}/${list}/{other}`, { path: `${path}/${list}/carol` }],
    [`DELETE ${documented}/${list}/{other}`, { path: `${path}/${list}/carol` }],
  ]);
  return {
    ...Object.fromEntries(lists),
    [`GET ${documented}`]: { path },
    [`PATCH ${documented}`]: { path, body: { availability: 'busy', text: 'in a meeting', forMs: 60_000, lastSeenRule: 'contacts' } },
    [`GET ${documented}/sessions`]: { path: `${path}/sessions?limit=2` },
    // The one session is ended by name, so this needs its own test.
    [`DELETE ${documented}/sessions/{session}`]: { path: `${path}/sessions/unknown` },
    [`DELETE ${documented}/sessions`]: { path: `${path}/sessions` },
  };
}

let server: RealServer;
let call: Call;
let document: Document;

beforeAll(async () => {
  server = await startServer({ apiKeys: API_KEYS });
  call = apiClient(server);
  document = (await call('GET', '/openapi.json')).body as unknown as Document;
  for (const user of ['alice', 'bob']) await call('POST', '/v1/me/heartbeat', { as: user, body: {} });
});
afterAll(() => server.close());

function operations(): { name: string; method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

/** What the document says an answer looks like, as a check. References are written out, since the document has no recursion. */
function schemaFor(operation: Operation, status: number): z.ZodType | undefined {
  const [content] = Object.values(operation.responses[status]?.content ?? {});
  if (content === undefined) return undefined;
  const writtenOut = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(writtenOut);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, ...rest } = value as { $ref?: string };
    if ($ref !== undefined) return { ...(writtenOut(document.components.schemas[$ref.split('/').at(-1) as string]) as object), ...rest };
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, writtenOut(each)]));
  };
  return z.fromJSONSchema(writtenOut(content.schema) as Parameters<typeof z.fromJSONSchema>[0]);
}

async function ask(name: string, method: string, path: string, operation: Operation, asking: Parameters<Call>[2] = {}) {
  const answer = await call(method, path, asking);
  expect(Object.keys(operation.responses), `${name} answers a status that is documented`).toContain(String(answer.status));
  const schema = schemaFor(operation, answer.status);
  if (schema === undefined) expect(answer.text).toBe('');
  else expect(() => schema.parse(answer.body ?? answer.text), `${name} ${answer.status}: ${answer.text}`).not.toThrow();
  return answer;
}

const takes = (operation: Operation, scheme: string) => operation.security.some((each) => scheme in each);
const concrete = (path: string) => path.replaceAll(/\{\w+\}/g, 'bob');

describe('the document of the API', () => {
  test('is OpenAPI 3.1', () => expect(document.openapi).toBe('3.1.0'));

  test('[S20.1] names every route that the server has, and no other', () => {
    const { app } = createHttpApp(server.server.node, [apiRoutes]);
    const registered = app.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(
      operations()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...new Set(registered)].sort());
  });

  test('every route has a request here', () => {
    expect(Object.keys(REQUESTS).sort()).toEqual(
      operations()
        .map(({ name }) => name)
        .sort(),
    );
  });

  test('a field that is not documented would be noticed', () => {
    const schema = schemaFor((document.paths['/v1/presence/{user}'] as Record<string, Operation>).get as Operation, 200);
    const record = { id: 'bob', online: false, status: 'offline', lastSeenAt: null, version: 0 };
    expect([schema?.safeParse(record).success, schema?.safeParse({ ...record, tenant: 'x' }).success]).toEqual([true, false]);
  });

  test('[S20.1] every route answers as documented', async () => {
    for (const [index, { name, method, path, operation }] of operations().entries()) {
      const request = REQUESTS[name] ?? {};
      // Each its own person, a second later: a route that signs somebody out must not spoil the next.
      server.clock.advance(1_000);
      const credential = takes(operation, 'token') ? { as: `person-${index}` } : takes(operation, 'apiKey') ? { key: API_KEY } : {};
      const answer = await ask(name, method, request.path ?? path, operation, {
        ...credential,
        body: request.body,
      });
      const expected = name.endsWith('{session}') ? [404] : [200, 204];
      expect(expected, `${name}: ${answer.text}`).toContain(answer.status);
    }
  });

  test('[S20.2] every route that takes a token or a key refuses whoever has none', async () => {
    for (const { name, method, path, operation } of operations()) {
      // From loopback, metrics need no key.
      if (operation.security.length === 0 || name === 'GET /metrics') continue;
      const answer = await ask(name, method, concrete(path), operation);
      expect(answer.status, name).toBe(401);
      expect(answer.headers.get('www-authenticate'), name).toMatch(/^Bearer/);
    }
  });

  test('[S20.2] a key is not a person, and a person is no back end', async () => {
    for (const { name, method, path, operation } of operations()) {
      if (!path.startsWith('/v1/') || operation.security.length !== 1) continue;
      const wrong = takes(operation, 'token') ? { key: API_KEY } : { as: 'alice' };
      expect((await ask(name, method, concrete(path), operation, wrong)).status, name).toBe(403);
    }
  });

  test('[S20.3] every body is read strictly, and has a limit', async () => {
    for (const { name, method, path, operation } of operations()) {
      if (operation.requestBody === undefined) continue;
      const credential = takes(operation, 'token') ? { as: 'alice' } : { key: API_KEY };
      const bodies: [unknown, number][] = [
        ['not json', 400],
        ['[]', 400],
        [`{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 400],
        ['{"__proto__":{"admin":true}}', 400],
        [`{"text":"${'x'.repeat(70_000)}"}`, 413],
        ...(path.startsWith('/v1/') ? [[{ bogus: true }, 400] as [unknown, number]] : []),
      ];
      for (const [body, status] of bodies)
        expect(
          (await ask(name, method, concrete(path), operation, { ...credential, body })).status,
          `${name} ${String(body).slice(0, 40)}`,
        ).toBe(status);
    }
  });

  test('[S18.1] every refusal has a documented code, with its status', async () => {
    const refused = await call('POST', '/v1/presence', { as: 'alice', body: { ids: Array.from({ length: 1_001 }, (_, id) => `u${id}`) } });
    expect([refused.status, refused.body]).toMatchObject([
      ERROR_CODES.TOO_MANY_IDS.http,
      { error: { code: 'TOO_MANY_IDS', retry: 'changed' } },
    ]);
  });
});
