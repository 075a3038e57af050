import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { near, type World, worldOpener } from '../conformance/world.ts';

const opener = worldOpener(startServer, onTestFinished);
const open = (given?: Parameters<typeof startServer>[0]) => opener('websocket', given);
const UPDATE = '/api/update-online-status';
const LOGOUT = '/api/logout-status';
const MINUTE = 60_000;

const count = async (world: World) => (await world.http('GET', '/api/online-users-count', null)).body;

describe('online-users', () => {
  test('a heartbeat, with a body or none, makes online', async () => {
    const world = await open();
    expect(await count(world)).toEqual({ success: true, count: 0 });
    const bodies = [
      undefined,
      {},
      { app_version: '1.2.3', device_info: 'iPhone 13, iOS 15.4', screen: 'MovieDetails' },
      { screen: null, more: [1] },
    ];
    for (const [index, body] of bodies.entries()) {
      const { status, body: answer } = await world.http('POST', UPDATE, `user-${index}`, body);
      expect({ status, answer }).toEqual({ status: 200, answer: { success: true } });
    }
    expect(await count(world)).toEqual({ success: true, count: bodies.length });
  });

  test('a lease lasts five minutes from the last heartbeat, and then last seen is that heartbeat', async () => {
    const world = await open();
    const watcher = await world.native('watcher', { watchOnly: true });
    await watcher.watch('bob');
    await world.http('POST', UPDATE, 'bob');
    await watcher.next('presence', { id: 'bob', status: 'online' });
    world.clock.advance(2 * MINUTE);
    await world.http('POST', UPDATE, 'bob', { screen: 'Home' });
    const heartbeatAt = world.clock.now();
    world.clock.advance(5 * MINUTE - 1_000);
    expect(await count(world)).toMatchObject({ count: 1 });
    world.clock.advance(2_000);
    expect(await count(world)).toMatchObject({ count: 0 });
    expect(await watcher.next('presence', { online: false })).toMatchObject({ id: 'bob', lastSeenAt: heartbeatAt });
    const { body } = await world.http('GET', '/api/user-presence/bob', 'viewer');
    expect(body).toMatchObject({ is_online: false, status: 'Last seen 5 minutes ago', last_seen: near(heartbeatAt) });
  });

  test('logging out is offline at once, may repeat, and leaves another session alone', async () => {
    const world = await open();
    await world.http('POST', UPDATE, 'bob');
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await world.http('POST', LOGOUT, 'bob');
      expect({ status, body }).toEqual({ status: 200, body: { success: true } });
      expect(await count(world)).toMatchObject({ count: 0 });
    }
    await world.http('POST', UPDATE, 'bob');
    await world.native('bob');
    await world.http('POST', LOGOUT, 'bob');
    expect(await count(world)).toMatchObject({ count: 1 });
  });

  test.each([{ screen: 'background' }, { app_state: 'background' }, { screen: 'background', app_state: 'background' }])(
    '%j keeps the lease and shows away, until the app is in front again',
    async (body) => {
      const world = await open();
      const watcher = await world.native('watcher', { watchOnly: true });
      await watcher.watch('bob');
      await world.http('POST', UPDATE, 'bob', { screen: 'Home' });
      await watcher.next('presence', { status: 'online' });
      await world.http('POST', UPDATE, 'bob', body);
      await watcher.next('presence', { status: 'away', online: true });
      world.clock.advance(4 * MINUTE);
      await world.http('POST', UPDATE, 'bob', body);
      world.clock.advance(4 * MINUTE);
      expect(await count(world)).toMatchObject({ count: 1 });
      expect(await watcher.heard('presence')).toEqual([]);
      await world.http('POST', UPDATE, 'bob', { screen: 'Home', app_state: 'active' });
      await watcher.next('presence', { status: 'online' });
    },
  );

  test('several heartbeats of one user are one user; tenants do not mix', async () => {
    const world = await open();
    const headers = { authorization: `Bearer ${world.token('bob', { tenant: 'other' })}` };
    await fetch(world.url + UPDATE, { method: 'POST', headers });
    expect(await count(world)).toMatchObject({ count: 0 });
    for (const sid of ['phone', 'tablet']) {
      const device = { authorization: `Bearer ${world.token('bob', { sid })}` };
      await fetch(world.url + UPDATE, { method: 'POST', headers: device });
    }
    expect(await count(world)).toMatchObject({ count: 1 });
    await fetch(world.url + LOGOUT, { method: 'POST', headers: { authorization: `Bearer ${world.token('bob', { sid: 'phone' })}` } });
    expect(await count(world)).toMatchObject({ count: 1 });
  });

  test('the count without a viewer holds only those who show themselves to everyone', async () => {
    const world = await open({ onlineRule: 'contacts' });
    await world.http('POST', UPDATE, 'bob');
    expect(await count(world)).toEqual({ success: true, count: 0 });
  });

  test('whoever opted out gets 200, and nothing is recorded', async () => {
    const server = await startServer();
    onTestFinished(() => server.close());
    const send = () => fetch(server.url + UPDATE, { method: 'POST', headers: { authorization: `Bearer ${server.token('bob')}` } });
    const { service } = server.server.node;
    await service.load('default', ['bob']);
    await service.stepDurably({ type: 'settings', tenant: 'default', user: 'bob', optedOut: true });
    const response = await send();
    expect([response.status, await response.json()]).toEqual([200, { success: true }]);
    expect(service.count({ tenant: 'default', user: null })).toBe(0);
    expect(service.view({ tenant: 'default', user: null, all: true }, 'bob')).toMatchObject({ status: 'offline', lastSeenAt: null });
    expect(await service.history('default', 'bob', 10)).toEqual([]);
  });

  test.each([UPDATE, LOGOUT])('%s needs a valid token', async (path) => {
    const world = await open();
    const refused = { success: false, error: { code: 'UNAUTHENTICATED', message: expect.any(String) } };
    const { status, body } = await world.http('POST', path, null, {});
    expect({ status, body }).toEqual({ status: 401, body: refused });
    for (const authorization of ['Bearer rubbish', `Bearer ${world.token('a', { exp: 1 })}`, 'Basic YTpi']) {
      const response = await fetch(world.url + path, { method: 'POST', headers: { authorization } });
      expect([response.status, await response.json()]).toEqual([401, refused]);
    }
    expect(await count(world)).toMatchObject({ count: 0 });
  });

  test.each([
    '{',
    '[]',
    '"x"',
    'null',
    '{"screen":5}',
    '{"app_version":{}}',
    `{"screen":"${'x'.repeat(129)}"}`,
    `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`,
  ])('a bad body is refused with 400, and changes nothing: %s', async (body) => {
    const world = await open();
    const answer = await world.http('POST', UPDATE, 'bob', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ success: false, error: { code: 'INVALID_PAYLOAD', message: expect.any(String) } });
    expect(await count(world)).toMatchObject({ count: 0 });
  });

  test('[S19.7] a refusal names the field that is wrong', async () => {
    const world = await open();
    const { body } = await world.http('POST', UPDATE, 'bob', { screen: 5 });
    expect(body).toMatchObject({ error: { message: expect.stringMatching(/^screen: /) } });
    const user = await world.http('GET', '/api/user-presence/%20', 'bob');
    expect(user.body).toMatchObject({ error: { message: 'user: not a user id' } });
  });

  test('a body that is too large is refused with 413', async () => {
    const world = await open();
    const { status, body } = await world.http('POST', UPDATE, 'bob', { screen: 'x'.repeat(100_000) });
    expect(status).toBe(413);
    expect(body).toEqual({ success: false, error: { code: 'PAYLOAD_TOO_LARGE', message: expect.any(String) } });
    expect(await count(world)).toMatchObject({ count: 0 });
  });

  test('too many heartbeats are refused with 429, and when to come back', async () => {
    const world = await open({ heartbeatsBurstMax: 2 });
    await world.http('POST', UPDATE, 'bob');
    await world.http('POST', UPDATE, 'bob');
    const { status, body, headers } = await world.http('POST', UPDATE, 'bob');
    expect(status).toBe(429);
    expect(body).toMatchObject({ success: false, error: { code: 'RATE_LIMITED' } });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await world.http('POST', UPDATE, 'carol')).status).toBe(200);
  });

  test('in open mode the id in the query is believed, and so is a usual token', async () => {
    const world = await open({ auth: 'open' });
    expect((await fetch(`${world.url}${UPDATE}?userId=alice`, { method: 'POST' })).status).toBe(200);
    expect((await world.http('POST', UPDATE, 'bob', {})).status).toBe(200);
    expect((await world.http('POST', UPDATE, null, {})).status).toBe(401);
    expect(await count(world)).toMatchObject({ count: 2 });
  });
});
