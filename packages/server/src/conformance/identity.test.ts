import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TRANSPORTS } from './socket-client.ts';
import { worldOpener } from './world.ts';

const open = worldOpener(startServer, onTestFinished);
const NAMESPACE = '/ws/messages';

/** Who the gateway says was connected. */
const who = async (client: { next(event: string): Promise<Record<string, unknown>> }) => (await client.next('connected')).userId;

describe.each(TRANSPORTS)('common rules over %s', (transport) => {
  test('a token is looked for in auth.token, the header, the query and the cookie, in this order', async () => {
    const world = await open(transport);
    const places = {
      auth: { token: world.token('auth') },
      extraHeaders: { authorization: `Bearer ${world.token('header')}`, cookie: `a=b; jwt=${world.token('cookie')}` },
      query: { token: world.token('query') },
    };
    const { authorization, cookie } = places.extraHeaders;
    expect(await who(world.connecting(NAMESPACE, places))).toBe('auth');
    expect(await who(world.connecting(NAMESPACE, { ...places, auth: {} }))).toBe('header');
    expect(await who(world.connecting(NAMESPACE, { query: places.query, extraHeaders: { cookie } }))).toBe('query');
    expect(await who(world.connecting(NAMESPACE, { extraHeaders: { cookie } }))).toBe('cookie');
    expect(await who(world.connecting(NAMESPACE, { auth: { token: authorization } }))).toBe('header');
    // The first that is found counts, and is not passed over because it is bad.
    const bad = world.connecting(NAMESPACE, { ...places, auth: { token: 'rubbish' } });
    expect(await bad.next('#connect_error')).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('the cookie and the claim that names the user are configurable; a numeric claim is its decimal string', async () => {
    const world = await open(transport, { cookie: 'session', userClaim: 'uid' });
    const token = world.token('ignored', { uid: 42 });
    expect(await who(world.connecting(NAMESPACE, { extraHeaders: { cookie: `session=${token}` } }))).toBe('42');
  });

  test.each(['/', NAMESPACE] as const)('[T1] at %s no valid token means no connection, and data.code says so', async (namespace) => {
    const world = await open(transport);
    const hour = Math.floor(world.clock.now() / 1_000) + 3_600;
    const bad = [
      undefined,
      'rubbish',
      world.token('a', { exp: 1 }),
      world.token('a', { nbf: hour }),
      world.token('a', { sub: '' }),
      'a.b.c',
    ];
    for (const token of bad) {
      const client = world.connecting(namespace, token === undefined ? {} : { auth: { token } });
      expect(await client.next('#connect_error')).toEqual({ code: 'UNAUTHENTICATED', message: expect.any(String) });
      expect(client.socket.connected).toBe(false);
    }
  });

  test('[T6] a token that ends ends its connection; the user is lost, not gone at once', async () => {
    const world = await open(transport);
    const watcher = await world.gateway('watcher');
    const exp = Math.floor(world.clock.now() / 1_000) + 60;
    const bob = await world.gateway('bob', { claims: { exp } });
    await watcher.next('user-online');
    world.clock.advance(62_000);
    expect(await bob.next('#disconnect')).toEqual({ reason: 'io server disconnect' });
    expect(await watcher.heard('user-offline')).toEqual([]);
    world.clock.advance(15_000);
    expect(await watcher.next('user-offline')).toMatchObject({ userId: 'bob' });
  });

  test('[T8] tenants do not see each other in any dialect', async () => {
    const world = await open(transport);
    const claims = { tenant: 'other' };
    const [gateway, root] = [await world.gateway('watcher', { claims }), await world.root('watcher', { claims })];
    await root.heard();
    await world.gateway('bob');
    expect(await root.heard()).toEqual([]);
    expect(await gateway.heard('user-online')).toEqual([]);
    expect(await gateway.ask('check-user-status', { userId: 'bob' })).toMatchObject({ data: { online: false, lastSeen: null } });
    expect(await gateway.ask('get-online-users')).toMatchObject({ data: { users: [{ userId: 'watcher' }], count: 1 } });
  });

  test('a socket hears every dialect of its namespace until a word of its own pins it', async () => {
    const world = await open(transport);
    const words = {
      'smart-presence': ['client:heartbeat', {}, []],
      'user-presence': ['user_activity', {}, ['user_presence_update']],
      'user-status': ['userHeartbeat', {}, ['userStatusChanged']],
    } as const;
    for (const [index, [event, payload, hears]] of Object.values(words).entries()) {
      const client = await world.root(`watcher-${index}`);
      const first = await world.root(`first-${index}`);
      const both = await client.heard('user_presence_update', 'userStatusChanged');
      expect(new Set(both.map((each) => each.event))).toEqual(new Set(['user_presence_update', 'userStatusChanged']));
      first.leave();
      await client.ask(event, payload);
      await client.heard();
      await world.root(`second-${index}`);
      const heard = await client.heard('user_presence_update', 'userStatusChanged', 'presence:update');
      expect([...new Set(heard.map((each) => each.event))]).toEqual(hears);
    }
  });

  test('what waited for a socket when it was pinned is told in its dialect only, and only if it is to hear of it', async () => {
    const world = await open(transport, { flushMs: 5_000 });
    const client = await world.root('watcher');
    for (const user of ['a', 'b', 'c']) await world.root(user);
    await client.ask('presence:request', ['c']);
    world.clock.advance(20_000);
    const told = (await client.heard('presence:update')).map(({ payload }) => (payload as { sessionId: string }).sessionId);
    expect(told.filter((user) => user !== 'c')).toEqual([]);
  });

  test('handshake.auth.dialect pins at once, and so does the server’s default dialect', async () => {
    for (const [options, auth] of [
      [{}, { dialect: 'user-status' }],
      [{ defaultDialect: 'user-status' }, {}],
      [{ dialects: ['user-status'] }, {}],
    ] as const) {
      const world = await open(transport, options);
      const client = await world.root('watcher', { auth });
      await client.heard();
      await world.root('bob');
      expect((await client.heard()).map((each) => each.event)).toEqual(['userStatusChanged']);
      client.emit('user_activity', {});
      expect(await client.next('error')).toMatchObject({ code: 'INVALID_PAYLOAD', event: 'user_activity' });
    }
  });

  test('a dialect that is not enabled is not there', async () => {
    const world = await open(transport, { dialects: ['user-status'] });
    const gateway = world.connecting(NAMESPACE, { auth: { token: world.token('alice') } });
    expect(await gateway.next('#connect_error')).toEqual({ message: 'Invalid namespace' });
    expect((await world.http('POST', '/api/update-online-status', 'alice', {})).status).toBe(404);
    expect((await world.http('GET', '/api/user-presence/alice', 'alice')).status).toBe(404);
  });

  test('without a dialect at its namespace nobody connects there', async () => {
    const world = await open(transport, { dialects: ['presence-gateway'] });
    const client = world.connecting('/', { auth: { token: world.token('alice') } });
    expect(await client.next('#connect_error')).toMatchObject({ code: 'NOT_FOUND' });
    await world.gateway('alice');
  });
});

test.each([1_000, 1_200])('[T15] of %i people online a list holds 1,000, the count is exact, and says that it is cut', async (people) => {
  const server = await startServer();
  const world = (await import('./world.ts')).createWorld(server);
  onTestFinished(async () => {
    world.end();
    await server.close();
  });
  const asker = await world.gateway('000');
  const { service } = server.server.node;
  const users = Array.from({ length: people - 1 }, (_, index) => `user-${String(index).padStart(4, '0')}`);
  await service.load('default', users);
  const details = { dialect: 'test', platform: null, appVersion: null, device: null, screen: null };
  for (const user of users)
    service.step({ type: 'open', session: service.nextSession(), tenant: 'default', user, kind: 'link', details, deviceKey: null });
  const { data } = await asker.ask<{ data: { users: { userId: string }[]; count: number; truncated?: boolean } }>('get-online-users');
  expect(data.count).toBe(people);
  expect(data.users.map(({ userId }) => userId)).toEqual(['000', ...users].slice(0, 1_000));
  expect(data.truncated).toBe(people > 1_000 ? true : undefined);
  const status = await world.root('000');
  expect(await status.ask<unknown[]>('getOnlineUsers')).toHaveLength(1_000);
});
