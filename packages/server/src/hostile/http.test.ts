import { performance } from 'node:perf_hooks';
import { ERROR_CODES } from '@porchlight/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, type StagedServer, stageServer } from '../transports/staged-client.ts';
import { UNHURRIED, worldOf } from './bystanders.ts';
import { isWhole, sendRaw, statusOf } from './raw-http.ts';
import { BAD_BODIES, RAW_REQUESTS } from './requests.ts';
import { hostileTokens } from './tokens.ts';
import { BAD_IDS, FOREIGN_IDS } from './values.ts';

interface Operation {
  readonly security?: readonly unknown[];
  readonly requestBody?: unknown;
}

let staged: StagedServer;
let world: string;
/** Every route there is, as the server itself describes them: a new one is attacked by default. */
let routes: { method: string; path: string; operation: Operation }[];

beforeAll(async () => {
  staged = await stageServer({ ...UNHURRIED, apiKeys: ['a-key-of-the-back-end'] });
  await staged.join('victim');
  world = await worldOf(staged);
  const document = (await (await fetch(`${staged.url}/openapi.json`)).json()) as { paths: Record<string, Record<string, Operation>> };
  routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
});

afterEach(async () => {
  const beganAt = performance.now();
  expect((await fetch(`${staged.url}/api/online-users-count`)).status).toBe(200);
  expect(performance.now() - beganAt).toBeLessThan(1_000);
  expect(await worldOf(staged)).toBe(world);
  expect(staged.lines.splice(0)).toEqual([]);
});

afterAll(() => staged.close());

const fill = (path: string, id = 'victim') => path.replaceAll(/\{[^}]+\}/g, encodeURIComponent(id));
// This machine may read the metrics without a key.
const isProtected = ({ path, operation }: (typeof routes)[number]) => path !== '/metrics' && (operation.security ?? []).length > 0;

async function send(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) {
  const response = await fetch(staged.url + path, {
    method,
    headers,
    ...(body === undefined ? null : { body: new Uint8Array(Buffer.from(body)) }),
  });
  const text = await response.text();
  const error = text.startsWith('{') ? (JSON.parse(text) as { success?: boolean; error?: { code?: string; message?: string } }) : {};
  return { status: response.status, code: error.error?.code, error, type: response.headers.get('content-type') };
}

/** Many at a time: one after the other a request costs mostly waiting. */
const together = <Each>(all: Iterable<Each>, act: (each: Each) => Promise<unknown>) => Promise.all([...all].map(act));

/** Whether a refusal has the form of its route: all have `error.code` with its own status, `online-users` says `success: false` too. */
function isDocumented(path: string, { status, error, type }: Awaited<ReturnType<typeof send>>): boolean {
  const { code, message } = error.error ?? {};
  const known = code !== undefined && Object.hasOwn(ERROR_CODES, code) && ERROR_CODES[code as 'INTERNAL'].http === status;
  const isOnlineUsers = ['/api/update-online-status', '/api/logout-status', '/api/online-users-count'].includes(path);
  return (
    known && typeof message === 'string' && type?.startsWith('application/json') === true && (error.success === false) === isOnlineUsers
  );
}

describe('[S22.9] every HTTP route', () => {
  test('is described, and most of them are protected', () => {
    expect(routes.length).toBeGreaterThan(15);
    expect(routes.filter(isProtected).length).toBeGreaterThan(10);
  });

  test('[T3] refuses tokens that are not to be believed with 401, wherever they come from', async () => {
    const tokens = Object.values(hostileTokens(SECRET, staged.token('mallory'), staged.clock.now()));
    for (const route of routes.filter(isProtected)) {
      const path = fill(route.path);
      await together(['', ...tokens].entries(), async ([index, token]) => {
        const authorization = [`Bearer ${token}`, token, `Basic ${token}`][index % 4] ?? `Bearer ${token}`;
        const answer = await send(route.method, path, { authorization });
        expect([answer.status, answer.code], `${route.method} ${path} ${authorization.slice(0, 40)}`).toEqual([401, 'UNAUTHENTICATED']);
        expect(isDocumented(path, answer), `${route.method} ${path}`).toBe(true);
      });
      expect((await send(route.method, `${path}?userId=victim`)).status).toBe(401);
    }
  });

  test('[T22] [T23] refuses bodies that are none, as a person and as a back end', async () => {
    for (const route of routes.filter(({ operation }) => operation.requestBody !== undefined)) {
      const path = fill(route.path, 'mallory');
      for (const headers of [{ authorization: `Bearer ${staged.token('mallory')}` }, { 'x-api-key': 'a-key-of-the-back-end' }])
        await together(Object.entries(BAD_BODIES), async ([name, body]) => {
          const answer = await send(route.method, path, { 'content-type': 'application/json', ...headers }, body);
          const where = `${route.method} ${path}: ${name}: ${answer.status} ${answer.code}`;
          expect(['INVALID_PAYLOAD', 'FORBIDDEN', 'UNAUTHENTICATED'], where).toContain(answer.code);
          expect(isDocumented(route.path, answer), where).toBe(true);
        });
    }
  });

  test('[T24] refuses path parameters that are no ids, and answers for those of nobody as for somebody offline', async () => {
    const ids = (values: Readonly<Record<string, string>>) =>
      Object.values(values).flatMap((json) => {
        const value: unknown = JSON.parse(json);
        return typeof value === 'string' && value !== '' && value.length < 5_000 && value.isWellFormed() ? [value] : [];
      });
    const headers = { authorization: `Bearer ${staged.token('mallory')}` };
    for (const route of routes.filter(({ path }) => path.includes('{'))) {
      await together(ids(BAD_IDS), async (id) => {
        const answer = await send(route.method, fill(route.path, id), headers);
        const where = `${route.method} ${route.path}: ${JSON.stringify(id)}: ${answer.status} ${answer.code}`;
        // The name of a session is no id of a user: there is none of that name.
        const codes = route.path.endsWith('{session}') ? ['INVALID_PAYLOAD', 'FORBIDDEN', 'NOT_FOUND'] : ['INVALID_PAYLOAD', 'FORBIDDEN'];
        expect(codes, where).toContain(answer.code);
        expect(isDocumented(route.path, answer), where).toBe(true);
      });
      if (route.method !== 'GET') continue;
      const statuses = new Set<number>();
      await together(ids(FOREIGN_IDS), async (id) => statuses.add((await send('GET', fill(route.path, id), headers)).status));
      expect(
        [...statuses].every((status) => status === 200 || status === 403),
        `${route.path}: ${[...statuses]}`,
      ).toBe(true);
    }
  });

  test('[T15] answers or refuses whatever stands in the query, and never fails', async () => {
    const queries = [
      '__proto__=x',
      'constructor[prototype]=x',
      'limit=-1',
      'limit=1e999',
      'limit=9007199254740993',
      'limit=NaN',
      'limit=1&limit=2',
      'after=%00',
      'after=%ff',
      `after=${'x'.repeat(5_000)}`,
      'status=online&status=__proto__',
      'status[]=online',
      'ids=',
      'ids=,',
      `ids=${'x,'.repeat(2_000)}`,
      'tz=Mars',
      'tz=../../etc/passwd',
      `tz=${'x'.repeat(100)}`,
      'before=-1',
      'before=x',
      '&&&=&=',
      '%',
      'a=%zz',
    ];
    const headers = { authorization: `Bearer ${staged.token('mallory')}` };
    for (const route of routes.filter(({ method }) => method === 'GET'))
      await together(queries, async (query) => {
        const answer = await send('GET', `${fill(route.path)}?${query}`, headers);
        expect([200, 400, 401, 403], `${route.path}?${query.slice(0, 60)}: ${answer.status}`).toContain(answer.status);
      });
  });

  test('[T21] takes no body over the limit, however it is sent', async () => {
    const size = staged.options.bodyBytesMax + 1;
    for (const route of routes.filter(({ operation }) => operation.requestBody !== undefined)) {
      const head = `${route.method} ${fill(route.path, 'mallory')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${staged.token('mallory')}\r\nConnection: close\r\n`;
      const said = await sendRaw(staged.url, [`${head}Content-Length: ${size}\r\n\r\n`], { enough: isWhole });
      expect([403, 413], route.path).toContain(statusOf(said.text));
      const chunked = await sendRaw(
        staged.url,
        [`${head}Transfer-Encoding: chunked\r\n\r\n`, `${size.toString(16)}\r\n`, Buffer.alloc(size, 0x20)],
        { enough: isWhole },
      );
      expect([403, 413], route.path).toContain(statusOf(chunked.text));
    }
  });
});

describe('[S22.10] requests that are malformed', () => {
  test.each(Object.entries(RAW_REQUESTS))('%s', async (_name, [bytes, statuses]) => {
    const { text, closed } = await sendRaw(staged.url, bytes, { enough: isWhole });
    expect(statuses, text.slice(0, 200)).toContain(statusOf(text));
    // One that was not answered was cut.
    if (statusOf(text) === 0) expect(closed).toBe(true);
  });

  test('fields of a heartbeat that are not what they should be', async () => {
    const fields = ['app_version', 'device_info', 'screen', 'app_state'].flatMap((field) =>
      ['7', 'true', '{}', '[]', `"${'x'.repeat(257)}"`].map((value) => `{"${field}":${value}}`),
    );
    for (const body of fields) {
      const answer = await send('POST', '/api/update-online-status', { authorization: `Bearer ${staged.token('mallory')}` }, body);
      expect([answer.status, answer.code], body.slice(0, 60)).toEqual([400, 'INVALID_PAYLOAD']);
    }
  });

  test('a request that breaks off leaves nothing behind', async () => {
    for (const bytes of [
      'GET /he',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nX: ',
      'POST /api/update-online-status HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a',
    ])
      await sendRaw(staged.url, bytes, { end: true });
  });
});

describe('[S22.11] [T30] slow requests', () => {
  test('headers and bodies that never end are cut, while others are answered', async () => {
    const slow = await stageServer({ headersTimeoutMs: 1_000, requestTimeoutMs: 1_500 });
    try {
      const trickles = [
        sendRaw(slow.url, 'GET /healthz HTTP/1.1\r\nHost: x\r\nX: '),
        sendRaw(slow.url, 'POST /api/update-online-status HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{'),
      ];
      expect((await fetch(`${slow.url}/api/online-users-count`)).status).toBe(200);
      for (const { closed, text } of await Promise.all(trickles)) {
        expect(closed).toBe(true);
        expect([401, 408]).toContain(statusOf(text));
      }
    } finally {
      await slow.close();
    }
  }, 15_000);
});
