import { type RealServer, startServer, tokenSigner } from '@porchlight/testkit/real-server';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createManualClock } from '../clock.ts';
import { NativeClient } from '../conformance/native-client.ts';
import { createMemoryDisk, createMemoryStore, type MemoryDisk } from '../stores/memory.ts';
import { type Answered, API_KEY, API_KEYS, apiClient, type Call } from './api-client.ts';

let disk: MemoryDisk;
let server: RealServer;
let call: Call;

beforeEach(async () => {
  disk = createMemoryDisk();
  server = await startServer({ apiKeys: API_KEYS }, { store: createMemoryStore(disk) });
  call = apiClient(server);
  // One whose disk was taken over, as after kill -9, cannot close in good order.
  onTestFinished(() => server.close().catch(() => undefined));
});

async function connect(user: string, hello: object = {}, token = server.token(user)): Promise<NativeClient> {
  const client = new NativeClient(server.url, { token, ...hello }, server);
  await client.next('welcome');
  onTestFinished(() => client.cut());
  return client;
}

const sessionsOf = ({ body }: Answered) => (body as { sessions: Record<string, unknown>[] }).sessions;
const withToken = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('my devices', () => {
  test('[S20.6] are listed newest first, those that are gone too', async () => {
    const phone = await connect('alice', { client: { platform: 'ios', device: 'iPhone', appVersion: '2.1' } });
    server.clock.advance(1_000);
    await connect('alice', { client: { platform: 'web', screen: 'inbox' } });
    server.clock.advance(1_000);
    phone.leave();
    await phone.next('#close');
    expect(sessionsOf(await call('GET', '/v1/me/sessions', { as: 'alice' }))).toMatchObject([
      { kind: 'link', dialect: 'native', platform: 'web', screen: 'inbox', endedAt: null, endReason: null },
      { platform: 'ios', device: 'iPhone', appVersion: '2.1', endedAt: expect.any(Number), endReason: 'left' },
    ]);
    expect(sessionsOf(await call('GET', '/v1/me/sessions', { as: 'bob' }))).toEqual([]);
  });

  test.each([1, 2, 4])('pages of %i hold each once, also those that began at the same moment', async (limit) => {
    for (const together of [1, 3, 2]) {
      for (let each = 0; each < together; each += 1) await connect('alice');
      server.clock.advance(1_000);
    }
    const ids: unknown[] = [];
    for (let before: unknown = ''; before !== undefined; ) {
      const page = await call('GET', `/v1/me/sessions?limit=${limit}${before === '' ? '' : `&before=${before}`}`, { as: 'alice' });
      ids.push(...sessionsOf(page).map(({ id }) => id));
      before = page.body?.next;
    }
    expect([ids.length, new Set(ids).size]).toEqual([6, 6]);
  });

  test('[T17] their names say nothing of how many others there are', async () => {
    await connect('alice');
    const [session] = sessionsOf(await call('GET', '/v1/me/sessions', { as: 'alice' }));
    expect(session?.id).toMatch(/^[\w-]{16}$/);
    expect(JSON.stringify(session)).not.toContain(server.server.node.incarnation);
  });

  test('[S20.6] one can be signed out, and the others stay', async () => {
    const phone = await connect('alice', {}, server.token('alice', { jti: 'phone' }));
    server.clock.advance(1_000);
    const web = await connect('alice');
    const path = `/v1/me/sessions/${sessionsOf(await call('GET', '/v1/me/sessions', { as: 'alice' }))[1]?.id}`;
    expect((await call('DELETE', path, { as: 'bob' })).status).toBe(404);
    expect((await call('DELETE', path, { as: 'alice' })).status).toBe(204);
    expect(await phone.next('#close')).toEqual({ code: 4403 });
    expect((await call('DELETE', path, { as: 'alice' })).status).toBe(404);
    expect(await web.get('alice')).toMatchObject([{ online: true }]);
  });
});

describe.each([
  ['by the app', '/v1/users/alice/sessions', () => ({ key: API_KEY })],
  ['by oneself', '/v1/me/sessions', () => withToken(server.token('alice', { jti: 'mine' }))],
])('[T5] signed out everywhere, %s', (_how, path, who) => {
  test('every session ends, watchers too, and nobody else’s', async () => {
    const shown = await connect('alice');
    const watching = await connect('alice', { watchOnly: true });
    const bob = await connect('bob');
    await bob.watch('alice');
    await call('POST', '/v1/me/heartbeat', { as: 'alice', body: {} });
    server.clock.advance(5_000);
    expect((await call('DELETE', path, who())).status).toBe(204);
    expect(await Promise.all([shown.next('#close'), watching.next('#close')])).toEqual([{ code: 4403 }, { code: 4403 }]);
    expect(await bob.next('presence', { id: 'alice' })).toMatchObject({ online: false, lastSeenAt: expect.any(Number) });
    expect((await bob.heard('#close')).length).toBe(0);
  });

  test('tokens issued before are refused, also after a restart; later ones are not', async () => {
    const old = server.token('alice');
    expect((await call('POST', '/v1/me/heartbeat', { ...withToken(old), body: {} })).status).toBe(200);
    expect((await call('DELETE', path, who())).status).toBe(204);
    expect((await call('GET', '/v1/me', withToken(old))).status).toBe(401);
    expect((await call('POST', '/api/update-online-status', { ...withToken(old), body: {} })).status).toBe(401);

    const clock = createManualClock(server.clock.now() + 1_500);
    const next = await startServer({ apiKeys: API_KEYS }, { store: createMemoryStore(disk), clock });
    onTestFinished(() => next.close());
    const ask = apiClient(next);
    expect((await ask('GET', '/v1/me', withToken(old))).status).toBe(401);
    expect((await ask('GET', '/v1/me', withToken(tokenSigner(clock)('alice')))).status).toBe(200);
  });

  test('whoever signs in again in that same second is let in', async () => {
    server.clock.advance(200);
    expect((await call('DELETE', path, who())).status).toBe(204);
    server.clock.advance(200);
    expect((await call('GET', '/v1/me', withToken(server.token('alice', { jti: 'after' })))).status).toBe(200);
  });
});

test('a user who was never here can be signed out', async () => {
  expect((await call('DELETE', '/v1/users/stranger/sessions', { key: API_KEY })).status).toBe(204);
  const issuedBefore = server.token('stranger', { iat: Math.floor(server.clock.now() / 1_000) - 60 });
  expect((await call('GET', '/v1/me', withToken(issuedBefore))).status).toBe(401);
});
