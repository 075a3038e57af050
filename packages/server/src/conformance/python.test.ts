import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasPythonClient, PythonClient } from './python-client.ts';
import { type SocketClient, TRANSPORTS } from './socket-client.ts';
import { near, type World, worldOpener } from './world.ts';

/*
 * A client that shares no code with ours: Debian's python3-socketio. Where it is not installed these tests are skipped, by name; with
 * REQUIRE_SERVICES=1 they fail instead.
 */

const open = worldOpener(startServer, onTestFinished);
const isInstalled = hasPythonClient();
const required = process.env.REQUIRE_SERVICES === '1';

test('python3-socketio is installed where REQUIRE_SERVICES=1 asks for it', () => {
  expect(isInstalled || !required, 'apt-get install python3-socketio python3-requests python3-websocket').toBe(true);
});

describe.skipIf(!isInstalled).each(TRANSPORTS)('python3-socketio over %s', (transport) => {
  const python = (world: World, namespace: string, token: string) => {
    const client = new PythonClient(world.url, world.clock, namespace, transport, token);
    onTestFinished(async () => {
      client.end();
      await client.ended;
    });
    return client;
  };
  const goes = async (client: PythonClient, watcher: SocketClient, event: string, match: object) => {
    client.leave();
    await watcher.next(event, match as Record<string, unknown>);
  };

  test('smart-presence', async () => {
    const world = await open('websocket');
    const watcher = await world.root('watcher', { auth: { dialect: 'smart-presence' } });
    await watcher.ask('presence:request', ['snake']);
    const client = python(world, '/', world.token('snake'));
    await client.next('#connect');
    client.emit('register_session', { sessionId: 'snake', publicKey: 'k' });
    expect(await client.next('session_registered')).toMatchObject({ sessionId: 'snake', success: true });
    await watcher.next('presence:update', { sessionId: 'snake', isOnline: true });
    const answer = await client.ask<{ contacts: object[] }>('presence:request', { contactIds: ['watcher', 'nobody'] });
    expect(answer.contacts).toMatchObject([
      { sessionId: 'watcher', isOnline: true, lastSeen: near(world.clock.now(), 25_000) },
      { sessionId: 'nobody', isOnline: false, lastSeen: null },
    ]);
    client.emit('contacts:add', { sessionId: 'watcher', contactSessionId: 'x' });
    expect(await client.next('error')).toMatchObject({ code: 'FORBIDDEN', event: 'contacts:add' });
    watcher.leave();
    await client.next('presence:update', { sessionId: 'watcher', isOnline: false });
  });

  test('user-presence', async () => {
    const world = await open('websocket');
    const watcher = await world.root('watcher', { auth: { dialect: 'user-presence' } });
    const client = python(world, '/', world.token('snake'));
    await client.next('#connect');
    client.emit('user_activity', {});
    await watcher.next('user_presence_update', { user_id: 'snake', is_online: true, status: 'online' });
    expect((await world.http('GET', '/api/user-presence/snake', 'watcher')).body).toMatchObject({ is_online: true, status: 'online' });
    await goes(client, watcher, 'user_presence_update', { user_id: 'snake', is_online: false, status: 'Active just now' });
  });

  test('presence-gateway', async () => {
    const world = await open('websocket');
    const watcher = await world.gateway('watcher');
    const client = python(world, '/ws/messages', world.token('snake'));
    expect(await client.next('connected')).toMatchObject({ userId: 'snake', reconnect: false });
    await watcher.next('user-online', { userId: 'snake' });
    expect(await client.ask('check-user-status', { userId: 'watcher' })).toMatchObject({ event: 'user-status', data: { online: true } });
    expect(await client.next('user-status')).toMatchObject({ userId: 'watcher' });
    expect(await client.ask('get-online-users', {})).toMatchObject({ event: 'online-users', data: { count: 2 } });
    expect(await client.ask('check-user-status', {})).toMatchObject({ event: 'error', data: { code: 'INVALID_PAYLOAD' } });
    expect(await client.next('exception')).toMatchObject({ status: 'error', code: 'INVALID_PAYLOAD' });
    await goes(client, watcher, 'user-offline', { userId: 'snake' });
  });

  test('user-status', async () => {
    const world = await open('websocket');
    const watcher = await world.root(1, { auth: { dialect: 'user-status' } });
    const client = python(world, '/', world.token(7, { userName: 'Snake', userType: 'agent' }));
    await client.next('#connect');
    client.emit('userOnline', { userId: 7, userType: 'agent', userName: 'Snake' });
    await watcher.next('userStatusChanged', { userId: 7, status: 'online' });
    client.emit('getOnlineUsers', null);
    const list = await client.next<object[]>('onlineUsersList');
    expect(list).toMatchObject([{ userId: 1 }, { userId: 7, status: 'online', userType: 'agent', userName: 'Snake' }]);
    client.emit('userOffline', { userId: 7 });
    await watcher.next('userStatusChanged', { userId: 7, status: 'offline' });
  });

  test.each(['/', '/ws/messages'])('a bad token at %s', async (namespace) => {
    const world = await open('websocket');
    const client = python(world, namespace, 'rubbish');
    expect(await client.next('#connect_error')).toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
  });
});
