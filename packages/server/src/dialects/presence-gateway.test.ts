import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type SocketClient, TRANSPORTS } from '../conformance/socket-client.ts';
import { near, type World, worldOpener } from '../conformance/world.ts';

const open = worldOpener(startServer, onTestFinished);
const NAMESPACE = '/ws/messages';

interface Answer {
  event: string;
  data: Record<string, unknown> & { users?: Record<string, unknown>[]; statuses?: Record<string, unknown>[] };
}
const ask = (client: SocketClient, event: string, ...payload: unknown[]) => client.ask<Answer>(event, ...payload);

/** Asks with an acknowledgement, and makes sure that the event it names was emitted too, with the same data. */
async function asked(client: SocketClient, event: string, ...payload: unknown[]) {
  const answer = await ask(client, event, ...payload);
  expect(await client.next(answer.event)).toEqual(answer.data);
  return answer;
}

const refusal = (world: World, code: string) => ({
  status: 'error',
  code,
  message: expect.any(String),
  timestamp: near(world.clock.now()),
});

describe.each(TRANSPORTS)('presence-gateway over %s', (transport) => {
  test('connected says who and what was connected, and whether it came back', async () => {
    const world = await open(transport);
    const alice = await world.gateway('alice');
    const connected = { userId: 'alice', timestamp: near(world.clock.now()), reconnect: false };
    expect(await alice.next('connected')).toEqual({ ...connected, socketId: alice.socket.id });
    // Its transport breaks without a goodbye of the namespace.
    alice.socket.io.engine.close();
    await alice.next('#disconnect');
    let back = await world.gateway('alice');
    let { reconnect } = await back.next('connected');
    // The server may learn of the loss after it learns of the return.
    while (reconnect !== true) {
      back.socket.io.engine.close();
      back = await world.gateway('alice');
      ({ reconnect } = await back.next('connected'));
    }
    back.leave();
  });

  test('check-user-status', async () => {
    const world = await open(transport);
    const [asker, bob] = [await world.gateway('asker'), await world.gateway('bob')];
    const since = world.clock.now();
    world.clock.advance(60_000);
    bob.emit('heartbeat');
    await bob.next('heartbeat-ack');
    expect(await asked(asker, 'check-user-status', { userId: 'bob' })).toEqual({
      event: 'user-status',
      data: {
        userId: 'bob',
        online: true,
        lastActive: near(since + 60_000),
        connectedAt: near(since),
        lastSeen: near(since + 60_000),
        timestamp: near(world.clock.now()),
      },
    });
    bob.leave();
    await asker.next('user-offline');
    const leftAt = world.clock.now();
    world.clock.advance(60_000);
    const { data } = await asked(asker, 'check-user-status', { userId: 'bob' });
    const timestamp = near(leftAt + 60_000);
    expect(data).toEqual({ userId: 'bob', online: false, lastActive: near(since + 60_000), lastSeen: near(leftAt), timestamp });
  });

  test('somebody never seen is offline, and what is unknown is absent', async () => {
    const world = await open(transport);
    const asker = await world.gateway('asker');
    const { data } = await ask(asker, 'check-user-status', { userId: 'nobody' });
    expect(data).toEqual({ userId: 'nobody', online: false, lastSeen: null, timestamp: near(world.clock.now()) });
  });

  test('check-users-status answers in the order asked, ids as they were sent', async () => {
    const world = await open(transport);
    const asker = await world.gateway('asker');
    await world.gateway('7');
    const { event, data } = await asked(asker, 'check-users-status', { userIds: ['zoe', 7, '7', 'asker', 'zoe'] });
    expect(event).toBe('users-status');
    expect(data.timestamp).toEqual(near(world.clock.now()));
    expect(data.statuses?.map(({ userId, online }) => [userId, online])).toEqual([
      ['zoe', false],
      [7, true],
      ['7', true],
      ['asker', true],
      ['zoe', false],
    ]);
    expect(data.statuses?.[0]).toEqual({ userId: 'zoe', online: false, lastSeen: null });
    expect(Object.keys(data.statuses?.[1] ?? {})).toEqual(['userId', 'online', 'lastActive', 'connectedAt', 'lastSeen']);
  });

  test.each([
    [[], undefined],
    [['email'], 'bob@example.com'],
  ])('get-online-users lists and counts; e-mail only when expose is %j', async (expose, email) => {
    const world = await open(transport, { expose });
    const asker = await world.gateway('asker');
    await world.gateway('bob', { claims: { role: 'caregiver', email: 'bob@example.com' } });
    const times = { connectedAt: near(world.clock.now()), lastActive: near(world.clock.now()) };
    for (const payload of [[{}], []]) {
      const { event, data } = await asked(asker, 'get-online-users', ...payload);
      expect(event).toBe('online-users');
      expect(data).toEqual({
        users: [
          { userId: 'asker', ...times },
          { userId: 'bob', role: 'caregiver', ...times, ...(email === undefined ? null : { email }) },
        ],
        count: 2,
        timestamp: near(world.clock.now()),
      });
    }
  });

  test('a list is cut at its limit, the count is exact', async () => {
    const world = await open(transport, { listMax: 2 });
    const asker = await world.gateway('a');
    for (const user of ['b', 'c', 'd']) await world.gateway(user);
    const { data } = await ask(asker, 'get-online-users');
    expect(data.users?.map(({ userId }) => userId)).toEqual(['a', 'b']);
    expect(data).toMatchObject({ count: 4, truncated: true });
  });

  test('heartbeat, with a payload or none, is activity', async () => {
    const world = await open(transport);
    const [alice, bob] = [await world.gateway('alice'), await world.gateway('bob')];
    for (const payload of [[], [{}], [null]]) {
      world.clock.advance(30_000);
      const at = near(world.clock.now());
      expect(await asked(alice, 'heartbeat', ...payload)).toEqual({ event: 'heartbeat-ack', data: { timestamp: at, lastActive: at } });
      expect((await ask(bob, 'check-user-status', { userId: 'alice' })).data).toMatchObject({ lastActive: at, lastSeen: at });
    }
  });

  test('user-online and user-offline go to everybody but the user concerned', async () => {
    const world = await open(transport);
    const watcher = await world.gateway('watcher');
    const bob = await world.gateway('bob');
    const at = near(world.clock.now());
    expect(await watcher.next('user-online')).toEqual({ userId: 'bob', online: true, timestamp: at });
    const tablet = await world.gateway('bob');
    expect(await bob.heard('user-online')).toEqual([]);
    bob.leave();
    expect(await watcher.heard('user-online', 'user-offline')).toEqual([]);
    tablet.leave();
    const lastSeen = near(world.clock.now());
    expect(await watcher.next('user-offline')).toEqual({ userId: 'bob', online: false, lastSeen, timestamp: near(world.clock.now()) });
    expect(await watcher.heard('user-online', 'user-offline')).toEqual([]);
  });

  test('without a valid token there is no connection: connect_error says why', async () => {
    const world = await open(transport);
    for (const auth of [{}, { token: '' }, { token: 'rubbish' }, { token: world.token('a', { exp: 1 }) }, { userId: 'alice' }]) {
      const client = world.connecting(NAMESPACE, { auth });
      expect(await client.next('#connect_error')).toEqual({ code: 'UNAUTHENTICATED', message: expect.any(String) });
      expect(client.socket.connected).toBe(false);
    }
  });

  test.each([
    ['the option authErrorsAfterConnect', { authErrorsAfterConnect: true }, {}],
    ['the client’s connectFirst', {}, { connectFirst: true }],
    ['the client’s connectFirst as text', {}, { connectFirst: 'true' }],
  ])('with %s a bad token is told of after connecting, then the socket is cut', async (_, options, auth) => {
    const world = await open(transport, options);
    const client = world.connecting(NAMESPACE, { auth: { token: 'rubbish', ...auth } });
    await client.next('#connect');
    const error = {
      status: 'error',
      code: 'AUTH_ERROR',
      message: expect.any(String),
      details: expect.any(String),
      timestamp: near(world.clock.now()),
    };
    expect(await client.next('authentication_error')).toEqual(error);
    expect(await client.next('error')).toEqual(error);
    expect(await client.next('#disconnect')).toEqual({ reason: 'io server disconnect' });
    expect(client.inbox.take('connected')).toEqual([]);
  });

  test.each([
    ['check-user-status', undefined],
    ['check-user-status', 'bob'],
    ['check-user-status', {}],
    ['check-user-status', { userId: '' }],
    ['check-user-status', { userId: 'x'.repeat(129) }],
    ['check-user-status', { userId: ['bob'] }],
    ['check-users-status', { userIds: 'bob' }],
    ['check-users-status', { userIds: ['bob', null] }],
    ['check-users-status', { userIds: [{ userId: 'bob' }] }],
    ['check-everything', { userId: 'bob' }],
  ])('bad input is told of by ack and exception, and closes nothing: %s %j', async (event, payload) => {
    const world = await open(transport);
    const alice = await world.gateway('alice');
    const data = refusal(world, 'INVALID_PAYLOAD');
    expect(await ask(alice, event, payload)).toEqual({ event: 'error', data });
    expect(await alice.next('exception')).toEqual(data);
    alice.emit(event, payload);
    expect(await alice.next('exception')).toEqual(data);
    expect((await ask(alice, 'heartbeat')).event).toBe('heartbeat-ack');
  });

  test('too many ids and too many messages have codes of their own', async () => {
    const world = await open(transport, { idsMax: 2, messagesBurstMax: 20 });
    const alice = await world.gateway('alice');
    expect(await ask(alice, 'check-users-status', { userIds: ['a', 'b', 'c'] })).toEqual({
      event: 'error',
      data: refusal(world, 'TOO_MANY_IDS'),
    });
    for (let count = 0; count < 25; count += 1) alice.emit('heartbeat');
    expect(await alice.next('exception', { code: 'RATE_LIMITED' })).toEqual(refusal(world, 'RATE_LIMITED'));
    world.clock.advance(10_000);
    expect((await ask(alice, 'heartbeat')).event).toBe('heartbeat-ack');
  });

  test('in open mode a client’s usual token is believed unread, and so is an id in the handshake', async () => {
    const world = await open(transport, { auth: 'open' });
    const alice = world.connecting(NAMESPACE, { auth: { token: world.token('alice', { exp: 1 }) } });
    expect(await alice.next('connected')).toMatchObject({ userId: 'alice' });
    const bob = world.connecting(NAMESPACE, { auth: { userId: 'bob' } });
    expect(await bob.next('connected')).toMatchObject({ userId: 'bob' });
    expect(await alice.next('user-online')).toMatchObject({ userId: 'bob' });
    const nobody = world.connecting(NAMESPACE);
    await nobody.next('#connect');
    expect(await ask(nobody, 'heartbeat')).toEqual({ event: 'error', data: refusal(world, 'UNAUTHENTICATED') });
  });

  test('audience "watched": only of those who were asked about or listed', async () => {
    const world = await open(transport, { audience: 'watched' });
    const asker = await world.gateway('asker');
    await ask(asker, 'check-user-status', { userId: 'bob' });
    await ask(asker, 'check-users-status', { userIds: ['carol'] });
    for (const user of ['stranger', 'bob', 'carol']) await world.gateway(user);
    const told = (await asker.heard('user-online')).map(({ payload }) => (payload as { userId: string }).userId);
    expect(told).toEqual(['bob', 'carol']);
    await ask(asker, 'get-online-users');
    const stranger = await world.gateway('stranger');
    expect(await asker.heard('user-online', 'user-offline')).toEqual([]);
    stranger.leave();
  });

  test('whoever may not be seen looks like somebody never seen', async () => {
    const world = await open(transport, { onlineRule: 'contacts', lastSeenRule: 'contacts' });
    const [watcher, bob] = [await world.gateway('watcher'), await world.gateway('bob')];
    const [{ data: hidden }, { data: unknown }] = [
      await ask(watcher, 'check-user-status', { userId: 'bob' }),
      await ask(watcher, 'check-user-status', { userId: 'nobody' }),
    ];
    expect({ ...hidden, userId: 'x', timestamp: '' }).toEqual({ ...unknown, userId: 'x', timestamp: '' });
    expect((await ask(watcher, 'get-online-users')).data).toMatchObject({ users: [{ userId: 'watcher' }], count: 1 });
    bob.leave();
    expect(await watcher.heard('user-online', 'user-offline')).toEqual([]);
  });
});
