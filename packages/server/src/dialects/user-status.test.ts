import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TRANSPORTS } from '../conformance/socket-client.ts';
import { iso, near, type World, worldOpener } from '../conformance/world.ts';

const open = worldOpener(startServer, onTestFinished);

/** Somebody who is connected, has said so in this dialect, and heard what there was to hear. */
async function signIn(world: World, userId: number, words: Record<string, unknown> = {}) {
  const client = await world.root(userId);
  client.emit('userOnline', { userId, userType: 'agent', userName: `User ${userId}`, ...words });
  await client.heard();
  return client;
}

type Client = Awaited<ReturnType<typeof signIn>>;
const list = (client: Client) => client.ask<Record<string, unknown>[]>('getOnlineUsers');

describe.each(TRANSPORTS)('user-status over %s', (transport) => {
  test('userOnline binds the socket and makes online; userStatusChanged goes to all connected, the user included', async () => {
    const world = await open(transport);
    const watcher = await signIn(world, 1);
    const person = await world.root(7);
    person.emit('userOnline', { userId: 7, userType: 'agent', userName: 'John Doe' });
    const told = { userId: 7, status: 'online', lastSeen: near(world.clock.now()) };
    expect(await watcher.next('userStatusChanged', { userId: 7 })).toEqual(told);
    expect(await person.next('userStatusChanged', { userId: 7 })).toEqual(told);
    expect(await person.heard('userStatusChanged', 'error')).toEqual([]);
  });

  test('getOnlineUsers is answered by onlineUsersList, an array; who is shown comes from the token', async () => {
    const world = await open(transport);
    const asker = await signIn(world, 1);
    await world.root(7, { claims: { userType: 'agent', userName: 'John Doe' } });
    await world.root('anna', { claims: { role: 'client', name: 'Anna', email: 'anna@example.com' } });
    asker.emit('getOnlineUsers');
    const people = await asker.next<unknown[]>('onlineUsersList');
    const lastSeen = near(world.clock.now());
    expect(people).toEqual([
      { userId: 1, status: 'online', lastSeen, userType: null, userName: null },
      { userId: 7, status: 'online', lastSeen, userType: 'agent', userName: 'John Doe' },
      { userId: 'anna', status: 'online', lastSeen, userType: 'client', userName: 'Anna' },
    ]);
    expect(await list(asker)).toEqual(people);
  });

  test('userOffline: offline at once though connected, until userOnline or userHeartbeat', async () => {
    const world = await open(transport);
    const watcher = await signIn(world, 1);
    const person = await signIn(world, 7);
    await watcher.heard();
    for (const back of ['userOnline', 'userHeartbeat']) {
      person.emit('userOffline', { userId: 7 });
      const offline = await watcher.next('userStatusChanged');
      expect(offline).toEqual({ userId: 7, status: 'offline', lastSeen: near(world.clock.now()) });
      expect((await list(watcher)).map(({ userId }) => userId)).toEqual([1]);
      world.clock.advance(60_000);
      expect(await watcher.heard('userStatusChanged')).toEqual([]);
      person.emit(back, { userId: 7 });
      expect(await watcher.next('userStatusChanged')).toEqual({ userId: 7, status: 'online', lastSeen: near(world.clock.now()) });
    }
  });

  test('userHeartbeat is activity: nobody is told, lastSeen moves', async () => {
    const world = await open(transport);
    const watcher = await signIn(world, 1);
    const person = await signIn(world, 7);
    await watcher.heard();
    world.clock.advance(30_000);
    person.emit('userHeartbeat', { userId: 7 });
    expect(await person.heard('error')).toEqual([]);
    expect(await watcher.heard('userStatusChanged')).toEqual([]);
    expect((await list(watcher))[1]).toMatchObject({ userId: 7, lastSeen: near(world.clock.now()) });
  });

  test('a goodbye is told at once', async () => {
    const world = await open(transport);
    const watcher = await signIn(world, 1);
    const person = await signIn(world, 7);
    await watcher.heard();
    person.leave();
    expect(await watcher.next('userStatusChanged')).toEqual({ userId: 7, status: 'offline', lastSeen: near(world.clock.now()) });
  });

  test('ids go back as the type that was sent', async () => {
    const world = await open(transport);
    const numbers = await signIn(world, 1);
    const texts = await world.root('2');
    texts.emit('userOnline', { userId: '2' });
    await texts.heard();
    const listener = await world.root('3');
    await numbers.heard();
    const person = await signIn(world, 7);
    expect(await numbers.next('userStatusChanged')).toMatchObject({ userId: 7 });
    expect(await texts.next('userStatusChanged', { userId: '7' })).toBeDefined();
    // Whoever has not spelled an id gets numbers: that is what this dialect's clients compare with.
    expect(await listener.next('userStatusChanged', { userId: 7 })).toBeDefined();
    expect((await list(texts)).map(({ userId }) => userId)).toEqual(['1', '2', '3', '7']);
    expect((await list(person)).map(({ userId }) => userId)).toEqual([1, 2, 3, 7]);
  });

  test('an id that is not the token’s own is refused and changes nothing', async () => {
    const world = await open(transport);
    const watcher = await signIn(world, 1);
    const person = await signIn(world, 7);
    await watcher.heard();
    for (const event of ['userOnline', 'userHeartbeat', 'userOffline']) {
      person.emit(event, { userId: 1 });
      const error = await person.next('error');
      expect(error).toEqual({ code: 'FORBIDDEN', message: expect.any(String), event, timestamp: near(world.clock.now()) });
    }
    expect(await watcher.heard('userStatusChanged')).toEqual([]);
    expect((await list(watcher)).map(({ userId }) => userId)).toEqual([1, 7]);
  });

  test.each([
    ['userOnline', undefined],
    ['userOnline', 'seven'],
    ['userOnline', {}],
    ['userOnline', { userId: -1 }],
    ['userOnline', { userId: 1.5 }],
    ['userOnline', { userId: 2 ** 53 }],
    ['userOnline', { userId: { id: 7 } }],
    ['userOnline', { userId: 7, userName: 7 }],
    ['userOnline', { userId: 7, userName: 'x'.repeat(129) }],
    ['userHeartbeat', [7]],
    ['userOffline', null],
    ['userOffline', { userId: '' }],
    ['userVanished', { userId: 7 }],
  ])('bad input is told of, and closes nothing: %s %j', async (event, payload) => {
    const world = await open(transport);
    const person = await signIn(world, 7);
    person.emit(event, payload);
    const expected = { code: 'INVALID_PAYLOAD', message: expect.any(String), event, timestamp: near(world.clock.now()) };
    expect(await person.next('error')).toEqual(expected);
    expect(await person.ask(event, payload)).toEqual(expected);
    expect((await list(person)).map(({ userId }) => userId)).toEqual([7]);
  });

  test('two sockets of one user are one presence', async () => {
    const world = await open(transport);
    const watcher = await signIn(world, 1);
    const first = await signIn(world, 7);
    await watcher.next('userStatusChanged', { userId: 7 });
    const second = await signIn(world, 7);
    first.leave();
    expect(await watcher.heard('userStatusChanged')).toEqual([]);
    second.emit('userOffline', { userId: 7 });
    expect(await watcher.next('userStatusChanged')).toMatchObject({ userId: 7, status: 'offline' });
    expect(await watcher.heard('userStatusChanged')).toEqual([]);
  });

  test('a list is cut at its limit', async () => {
    const world = await open(transport, { listMax: 2 });
    const asker = await signIn(world, 1);
    await signIn(world, 2);
    await signIn(world, 3);
    expect((await list(asker)).map(({ userId }) => userId)).toEqual([1, 2]);
  });

  test('in open mode the id that userOnline claims is believed, and its names are shown', async () => {
    const world = await open(transport, { auth: 'open' });
    const watcher = world.connecting('/');
    await watcher.next('#connect');
    watcher.emit('userHeartbeat', {});
    expect(await watcher.next('error')).toMatchObject({ code: 'UNAUTHENTICATED', event: 'userHeartbeat' });
    watcher.emit('userOnline', { userId: 1 });
    await watcher.next('userStatusChanged', { userId: 1, status: 'online' });
    const person = world.connecting('/');
    await person.next('#connect');
    person.emit('userOnline', { userId: 7, userType: 'agent', userName: 'John Doe' });
    await watcher.next('userStatusChanged', { userId: 7, status: 'online' });
    expect((await list(watcher))[1]).toMatchObject({ userId: 7, userType: 'agent', userName: 'John Doe' });
    // The same socket as somebody else: the one before has left, and it goes on hearing of others.
    person.emit('userOnline', { userId: 8, userName: 'Jane' });
    await watcher.next('userStatusChanged', { userId: 7, status: 'offline' });
    await watcher.next('userStatusChanged', { userId: 8, status: 'online' });
    await person.heard();
    watcher.leave();
    expect(await person.next('userStatusChanged')).toMatchObject({ userId: 1, status: 'offline' });
  });

  test('in open mode a sign-in event names whoever the handshake claimed', async () => {
    const world = await open(transport, { auth: 'open' });
    const person = world.connecting('/', { auth: { userId: 7 } });
    await person.next('#connect');
    person.emit('userOnline', { userId: 7, userType: 'agent', userName: 'John Doe' });
    expect(await list(person)).toMatchObject([{ userId: 7, userType: 'agent', userName: 'John Doe' }]);
  });

  test('audience "watched": only of those who were listed, or are contacts', async () => {
    const world = await open(transport, { audience: 'watched' });
    const asker = await world.root(1);
    const [listed, stranger] = [await world.root(7), await world.root(8)];
    stranger.leave();
    await listed.heard();
    await asker.heard();
    expect((await list(asker)).map(({ userId }) => userId)).toEqual([1, 7]);
    const another = await signIn(world, 9);
    another.leave();
    expect(await asker.heard('userStatusChanged')).toEqual([]);
    listed.leave();
    expect(await asker.next('userStatusChanged')).toMatchObject({ userId: 7, status: 'offline' });
  });

  test('whoever may not be seen is neither told of nor listed', async () => {
    const world = await open(transport, { onlineRule: 'nobody', lastSeenRule: 'nobody' });
    const watcher = await signIn(world, 1);
    const person = await signIn(world, 7);
    person.leave();
    expect(await watcher.heard('userStatusChanged')).toEqual([]);
    expect((await list(watcher)).map(({ userId }) => userId)).toEqual([1]);
  });
});

test('the times of this dialect are ISO-8601 in UTC with milliseconds', () => {
  expect(iso(Date.UTC(2025, 8, 4, 10, 54, 31, 259))).toBe('2025-09-04T10:54:31.259Z');
});
