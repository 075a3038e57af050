import { request } from 'node:http';
import { connect } from 'node:net';
import { type RealServer, startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { apiClient } from '../api/api-client.ts';

async function start(...given: Parameters<typeof startServer>) {
  const server = await startServer(...given);
  onTestFinished(() => server.close());
  return { server, call: apiClient(server) };
}

const APP = 'https://app.example.com';
const EVIL = 'https://evil.example';

describe('routes that are not there', () => {
  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PROPFIND'])(
    '[S20.7] %s of an unknown path, or of a known one without it, is 404',
    async (method) => {
      const { call } = await start();
      const paths = ['/nothing', '/v1', '/v1/', '/v1/nothing', '/%zz', '//', ...(method === 'GET' ? [] : ['/v1/online/count', '/healthz'])];
      for (const path of paths)
        expect(await call(method, path), path).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND', retry: 'never' } } });
    },
  );

  test('[S20.7] OPTIONS says which methods there are', async () => {
    const { call } = await start();
    const allowed = async (path: string) => (await call('OPTIONS', path)).headers.get('allow');
    expect(await allowed('/v1/presence/bob')).toBe('GET, HEAD, OPTIONS');
    expect(await allowed('/v1/me/contacts/bob')).toBe('GET, HEAD, PUT, DELETE, OPTIONS');
    expect(await allowed('/api/update-online-status')).toBe('POST, OPTIONS');
    expect((await call('OPTIONS', '/nothing')).status).toBe(404);
  });

  test('HEAD answers as GET does, without the body', async () => {
    const { call } = await start();
    const [head, get] = [await call('HEAD', '/v1/presence/bob', { as: 'alice' }), await call('GET', '/v1/presence/bob', { as: 'alice' })];
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', String(get.text.length)]);
    expect((await call('HEAD', '/v1/presence/bob')).status).toBe(401);
    expect((await call('HEAD', '/api/online-users-count')).status).toBe(200);
  });

  test('[I14] a request that cannot be read is answered, and the next one too', async () => {
    const { server, call } = await start();
    const lines = [
      'GET \\evil HTTP/1.1\r\nHost: a b',
      'GET http://[ HTTP/1.1\r\nHost: x',
      'GET / HTTP/1.1\r\nHost: ',
      'NONSENSE',
      'GET /%ED%A0%80 HTTP/1.1\r\nHost: x',
    ];
    for (const line of lines) {
      const socket = connect(server.port, '127.0.0.1');
      socket.end(`${line}\r\nConnection: close\r\n\r\n`);
      let text = '';
      for await (const chunk of socket) text += chunk;
      expect(text, line).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    expect((await call('GET', '/healthz')).status).toBe(200);
  });
});

describe('bodies', () => {
  // One route that Hono leads to, and one that is answered in front of it.
  const PATHS = ['/v1/me/heartbeat', '/api/update-online-status'];

  test.each(PATHS)('[T21] %s takes as many bytes as allowed, and not one more', async (path) => {
    const { call } = await start({ bodyBytesMax: 1_024 });
    const body = (bytes: number) => `{"screen":"chat"${' '.repeat(bytes - 17)}}`;
    expect((await call('POST', path, { as: 'alice', body: body(1_024) })).status).toBe(200);
    expect(await call('POST', path, { as: 'alice', body: body(1_025) })).toMatchObject({
      status: 413,
      body: { error: { code: 'PAYLOAD_TOO_LARGE' } },
    });
  });

  test.each(PATHS)('[T21] %s counts a body of unknown length while it comes', async (path) => {
    const { server, call } = await start({ bodyBytesMax: 1_024 });
    const status = await new Promise((resolve, reject) => {
      const sending = request(
        server.url + path,
        { method: 'POST', headers: { authorization: `Bearer ${server.token('alice')}` } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sending.on('error', reject);
      for (let chunk = 0; chunk < 20; chunk += 1) sending.write(' '.repeat(100));
      sending.end();
    });
    expect(status).toBe(413);
    expect((await call('GET', '/healthz')).status).toBe(200);
  });

  test.each(PATHS)('%s takes no body for an empty one', async (path) => {
    const { call } = await start();
    expect((await call('POST', path, { as: 'alice' })).status).toBe(200);
  });

  test.each(PATHS)('[I14] %s survives a client that goes away in the middle', async (path) => {
    const { server, call } = await start();
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token('alice')}\r\nContent-Length: 100\r\n\r\n{"screen":`,
    );
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.resetAndDestroy();
    expect((await call('GET', '/healthz')).status).toBe(200);
    expect((await call('POST', path, { as: 'alice', body: {} })).status).toBe(200);
  });
});

describe('sign-in over HTTP', () => {
  test('[T1] guesses count against their address', async () => {
    const { call } = await start({ messagesBurstMax: 3 });
    const statuses = [];
    for (let guess = 0; guess < 4; guess += 1)
      statuses.push((await call('GET', '/v1/me', { headers: { authorization: `Bearer guess-${guess}` } })).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    // Whoever signs in properly from the same address is not hindered.
    expect((await call('GET', '/v1/me', { as: 'alice' })).status).toBe(200);
  });

  test('requests of a person have a rate, and are told when to come back', async () => {
    const { call } = await start({ messagesBurstMax: 2 });
    for (let each = 0; each < 2; each += 1) await call('GET', '/v1/me', { as: 'alice' });
    const refused = await call('GET', '/api/user-presence/bob', { as: 'alice' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await call('GET', '/v1/me', { as: 'bob' })).status).toBe(200);
  });

  test('in open mode the id in the query is believed, if it is one', async () => {
    const { call } = await start({ auth: 'open' });
    expect((await call('GET', '/v1/me?userId=alice')).body).toMatchObject({ user: 'alice' });
    expect((await call('GET', '/v1/me?userId=%00')).status).toBe(400);
    expect((await call('GET', '/v1/me')).status).toBe(401);
  });

  test('[I10] in jwt mode it is not', async () => {
    const { call } = await start();
    expect((await call('GET', '/v1/me?userId=bob', { as: 'alice' })).body).toMatchObject({ user: 'alice' });
    expect((await call('GET', '/v1/me?userId=bob')).status).toBe(401);
  });
});

describe('CORS', () => {
  const preflight = {
    origin: APP,
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization,content-type',
  };

  test.each(['/v1/me', '/api/update-online-status', '/nothing'])('pages of a listed origin may ask for %s', async (path) => {
    const { call } = await start({ corsOrigins: [APP] });
    const { status, headers } = await call('OPTIONS', path, { headers: preflight });
    expect([status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual([
      204,
      APP,
      'true',
    ]);
    expect(headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(headers.get('vary')).toBe('Origin');
  });

  test.each(['/v1/me', '/api/user-presence/bob', '/nothing'])('they may read the answer of %s, refusals too', async (path) => {
    const { call } = await start({ corsOrigins: [APP] });
    const { headers } = await call('GET', path, { headers: { origin: APP } });
    expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([APP, 'Origin']);
    expect(headers.get('access-control-expose-headers')).toBe('Retry-After');
  });

  test.each([EVIL, 'null', `${APP}.evil.example`, 'http://app.example.com'])('pages of %s may not', async (origin) => {
    const { call } = await start({ corsOrigins: [APP] });
    for (const [method, path] of [
      ['OPTIONS', '/v1/me'],
      ['GET', '/v1/me'],
      ['POST', '/api/update-online-status'],
    ] as const) {
      const { headers } = await call(method, path, { headers: { ...preflight, origin } });
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers.get('vary')).toBe('Origin');
    }
  });

  test('without the option nobody may; with "*" everybody, but without credentials', async () => {
    const closed = await start();
    expect((await closed.call('GET', '/v1/me', { headers: { origin: APP } })).headers.get('access-control-allow-origin')).toBeNull();
    const open = await start({ corsOrigins: ['*'] });
    const { headers } = await open.call('OPTIONS', '/v1/me', { headers: { ...preflight, origin: EVIL } });
    expect([headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual(['*', null]);
  });
});

describe('[T31] a cookie is only for pages that may use it', () => {
  /** By Node's own client, since fetch sets these headers itself. */
  function withCookie({ url, port, token }: RealServer, headers: Record<string, string>, method = 'POST', path = '/v1/me/heartbeat') {
    return new Promise<number | undefined>((resolve, reject) => {
      const own = headers.origin === 'own' ? { origin: `http://127.0.0.1:${port}` } : null;
      const sending = request(url + path, { method, headers: { cookie: `a=b; jwt=${token('alice')}`, ...headers, ...own } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      sending.end();
    });
  }

  test.each<[string, Record<string, string>, string[], number]>([
    ['the own origin', { origin: 'own' }, [], 200],
    ['a listed origin', { origin: APP }, [APP], 200],
    ['a program without an origin', {}, [], 200],
    ['another origin', { origin: EVIL }, [APP], 401],
    ['another origin where "*" may connect', { origin: EVIL }, ['*'], 401],
    ['a sandboxed page', { origin: 'null' }, ['*'], 401],
    ['a link on another site', { 'sec-fetch-site': 'cross-site' }, [], 401],
    ['another site of the same owner', { 'sec-fetch-site': 'same-site' }, [], 401],
    ['the own page, which a browser vouches for', { 'sec-fetch-site': 'same-origin' }, [], 200],
  ])('%s', async (_who, headers, corsOrigins, status) => {
    const { server } = await start({ corsOrigins });
    expect(await withCookie(server, headers)).toBe(status);
    expect(await withCookie(server, headers, 'POST', '/api/update-online-status')).toBe(status);
    expect(await withCookie(server, headers, 'DELETE', '/v1/me/sessions')).toBe(status === 200 ? 204 : status);
  });
});
