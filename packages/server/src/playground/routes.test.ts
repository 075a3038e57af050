import { request } from 'node:http';
import { type RealServer, startServer } from '@porchlight/testkit/real-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** `fetch` sets `Host` and `Origin` by itself, so this goes below it. */
function ask(server: RealServer, method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const token = (server: RealServer, body: unknown, headers: Record<string, string> = {}) =>
  ask(server, 'POST', '/playground/token', { Origin: server.url, ...headers }, typeof body === 'string' ? body : JSON.stringify(body));

describe('the playground', () => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startServer({ playground: true });
  });
  afterAll(() => server.close());

  test('is a page with all its files under a strict policy', async () => {
    const page = await ask(server, 'GET', '/');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|https?:\/\//);
    const files = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1] as string);
    expect(files.length).toBeGreaterThan(4);
    for (const file of [...files, '/socket.io/socket.io.esm.min.js']) expect((await ask(server, 'GET', file)).status).toBe(200);
  });

  test('serves nothing else', async () => {
    for (const path of ['/playground/', '/playground/../routes.ts', '/playground/%2e%2e/routes.ts', '/playground/routes.ts'])
      expect((await ask(server, 'GET', path)).status).toBe(404);
  });

  test('answers to names of this machine only', async () => {
    expect((await ask(server, 'GET', '/', { Host: 'evil.example' })).status).toBe(404);
    const refused = await token(server, { user: 'alice' }, { Host: 'evil.example', Origin: 'http://evil.example' });
    expect([refused.status, JSON.parse(refused.body).error.code]).toEqual([403, 'FORBIDDEN']);
  });

  test('hands out a token that the server believes, to its own page', async () => {
    const given = await token(server, { user: 'alice', name: 'Alice', role: 'guest' });
    expect([given.status, given.headers['cache-control']]).toEqual([200, 'no-store']);
    const { token: alice, expiresAt } = JSON.parse(given.body);
    expect(expiresAt - server.clock.now()).toBe(3_600_000);
    const beat = await ask(server, 'POST', '/api/update-online-status', { Authorization: `Bearer ${alice}` });
    expect(beat.status).toBe(200);
  });

  test('[T31] hands out none to pages of other sites', async () => {
    expect((await token(server, { user: 'alice' }, { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await token(server, { user: 'alice' }, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await ask(server, 'POST', '/playground/token', {}, '{"user":"alice"}')).status).toBe(403);
  });

  test.each([
    '',
    '{',
    '[]',
    '{}',
    '{"user":7}',
    '{"user":""}',
    '{"user":"a\\u0000b"}',
    '{"user":"alice","name":7}',
    '{"__proto__":{"user":"a"}}',
  ])('%s is refused', async (body) => {
    const refused = await token(server, body);
    expect([refused.status, JSON.parse(refused.body).error.code]).toEqual([400, 'INVALID_PAYLOAD']);
  });

  test('hands out only so many tokens a minute', async () => {
    let last = 200;
    for (let count = 0; count < 100 && last === 200; count += 1) last = (await token(server, { user: 'alice' })).status;
    expect(last).toBe(429);
    server.clock.advance(1_000);
    expect((await token(server, { user: 'alice' })).status).toBe(200);
  });
});

test('without --playground there is neither page nor token', async () => {
  const server = await startServer();
  expect((await ask(server, 'GET', '/')).status).toBe(404);
  expect((await ask(server, 'GET', '/playground/main.js')).status).toBe(404);
  expect((await token(server, { user: 'alice' })).status).toBe(404);
  await server.close();
});

test('in open mode an id is enough, so there is no token', async () => {
  const server = await startServer({ playground: true, auth: 'open' });
  expect(JSON.parse((await token(server, { user: 'alice' })).body)).toEqual({ token: null, expiresAt: null });
  await server.close();
});

test('tokens live no longer than the server accepts', async () => {
  const server = await startServer({ playground: true, tokenLifetimeMaxMs: 60_000 });
  const { token: alice, expiresAt } = JSON.parse((await token(server, { user: 'alice' })).body);
  expect(expiresAt - server.clock.now()).toBe(60_000);
  expect((await ask(server, 'GET', '/api/user-presence/bob', { Authorization: `Bearer ${alice}` })).status).toBe(200);
  await server.close();
});
