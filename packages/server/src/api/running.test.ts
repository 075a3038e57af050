import { connect } from 'node:net';
import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NativeClient } from '../conformance/native-client.ts';
import { createMemoryStore } from '../stores/memory.ts';
import { API_KEY, API_KEYS, apiClient } from './api-client.ts';

async function start(...given: Parameters<typeof startServer>) {
  const server = await startServer({ apiKeys: API_KEYS, ...given[0] }, given[1]);
  onTestFinished(() => server.close());
  return { server, call: apiClient(server) };
}

/** What `/metrics` says of a name with these labels. */
const valueIn = (text: string, name: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')
      .at(-1),
  );

describe('health', () => {
  test('[S20.8] a server that runs is alive and ready', async () => {
    const { call } = await start();
    for (const path of ['/healthz', '/readyz']) expect(await call('GET', path)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('[S20.8] one whose store takes no writes is alive, not ready, and ready again', async () => {
    const store = createMemoryStore();
    let broken = false;
    const write: typeof store.write = (batch) => (broken ? Promise.reject(new Error('disk full')) : store.write(batch));
    const { server, call } = await start({}, { store: { ...store, write } });
    broken = true;
    expect((await call('GET', '/healthz')).status).toBe(200);
    expect(await call('GET', '/readyz')).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE', retry: 'later' } } });
    // Nor is a change acknowledged that was not stored.
    expect((await call('PATCH', '/v1/me', { as: 'alice', body: { text: 'hello' } })).status).toBe(503);
    broken = false;
    server.clock.advance(1_000);
    expect((await call('GET', '/readyz')).status).toBe(200);
  });

  test('one whose store does not answer is not ready', async () => {
    const store = createMemoryStore();
    const held: (() => void)[] = [];
    let stuck = false;
    const write: typeof store.write = async (batch) => {
      if (stuck) await new Promise<void>((resolve) => held.push(resolve));
      return store.write(batch);
    };
    const { server, call } = await start({}, { store: { ...store, write } });
    stuck = true;
    const asked = call('GET', '/readyz');
    while (!(await isSettled(asked))) server.clock.advance(500);
    expect((await asked).status).toBe(503);
    stuck = false;
    for (const resolve of held) resolve();
  });

  test('one that stops is not ready', async () => {
    const { server, call } = await start();
    server.server.node.gateway.drain(() => 0);
    expect(await call('GET', '/readyz')).toMatchObject({ status: 503, body: { error: { message: 'The server is stopping.' } } });
    expect((await call('GET', '/healthz')).status).toBe(200);
  });
});

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))])) !== pending;
}

describe('[T45] metrics', () => {
  test('are for loopback without a proxy, and for keys', async () => {
    const { call } = await start();
    expect((await call('GET', '/metrics')).status).toBe(200);
    for (const headers of [{ 'x-forwarded-for': '203.0.113.7' }, { forwarded: 'for=203.0.113.7' }, { via: '1.1 proxy' }]) {
      expect((await call('GET', '/metrics', { headers: headers as Record<string, string> })).status).toBe(401);
      expect((await call('GET', '/metrics', { headers: headers as Record<string, string>, key: API_KEY })).status).toBe(200);
    }
    expect((await call('GET', '/metrics', { key: 'not-a-key-of-anybody' })).status).toBe(401);
  });

  test('a page that makes its own name resolve to this machine is refused', async () => {
    const { server } = await start();
    const socket = connect(server.port, '127.0.0.1');
    socket.end('GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 401/);
  });

  test('can be opened to everybody', async () => {
    const { call } = await start({ metricsPublic: true });
    expect((await call('GET', '/metrics', { headers: { via: '1.1 proxy' } })).status).toBe(200);
  });

  test('[S20.8] count what happens, and name nobody', async () => {
    const { server, call } = await start({ heartbeatsBurstMax: 2 });
    const alice = new NativeClient(server.url, { token: server.token('alice-canary') }, server);
    await alice.next('welcome');
    await alice.watch('bob-canary');
    for (let beat = 0; beat < 3; beat += 1) await call('POST', '/v1/me/heartbeat', { as: 'bob-canary', body: {} });
    await alice.next('presence', { id: 'bob-canary' });
    const { text } = await call('GET', '/metrics');
    const values = Object.fromEntries(
      [
        'porchlight_connections{transport="websocket",dialect="native"}',
        'porchlight_connects_total{transport="websocket",dialect="native"}',
        'porchlight_messages_total{dialect="native"}',
        'porchlight_deliveries_total{dialect="native"}',
        'porchlight_rate_limited_total{limit="heartbeats"}',
        'porchlight_errors_total{code="RATE_LIMITED"}',
        'porchlight_sessions',
        'porchlight_users_online',
        'porchlight_watches',
        'porchlight_unauthenticated',
      ].map((name) => [name, valueIn(text, name)]),
    );
    expect(Object.values(values), JSON.stringify(values)).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 1, 0]);
    expect(text).not.toContain('canary');
    alice.leave();
    await alice.next('#close');
    const after = (await call('GET', '/metrics')).text;
    expect(valueIn(after, 'porchlight_disconnects_total{reason="left"}')).toBe(1);
    expect(after).not.toContain('porchlight_connections{');
  });
});
