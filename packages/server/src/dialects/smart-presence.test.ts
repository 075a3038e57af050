import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type SocketClient, TRANSPORTS } from '../conformance/socket-client.ts';
import { near, type World, worldOpener } from '../conformance/world.ts';

const open = worldOpener(startServer, onTestFinished);

interface Contact {
  sessionId: string | number;
  isOnline: boolean;
  lastSeen: string | null;
  timestamp: string;
}
type Answer = { contacts: Contact[]; timestamp: string };
const request = (client: SocketClient, payload: unknown) => client.ask<Answer>('presence:request', payload);
const UPDATE = 'presence:update';
/** Somebody who said at once which dialect it is, and so hears no other. */
const join = (world: World, user: string) => world.root(user, { auth: { dialect: 'smart-presence' } });

describe.each(TRANSPORTS)('smart-presence over %s', (transport) => {
  test('register_session confirms, and brings back who left', async () => {
    const world = await open(transport);
    const alice = await join(world, 'alice');
    alice.emit('register_session', { sessionId: 'alice', publicKey: 'MIIB…' });
    const confirmed = { sessionId: 'alice', timestamp: near(world.clock.now()), success: true };
    expect(await alice.next('session_registered')).toEqual(confirmed);
    const bob = await join(world, 'bob');
    await request(bob, ['alice']);
    alice.emit('session:leaving', { sessionId: 'alice', reason: 'logout' });
    await bob.next(UPDATE, { isOnline: false });
    expect(await alice.ask('register_session', { sessionId: 'alice' })).toMatchObject({ success: true });
    await bob.next(UPDATE, { isOnline: true });
  });

  test('presence:request is answered by an event and an ack, in the order asked, and subscribes', async () => {
    const world = await open(transport);
    const alice = await join(world, 'alice');
    await join(world, 'carol');
    const at = world.clock.now();
    const given = { requesterId: 'alice', contactIds: ['nobody', 'carol', 'bob'], timestamp: '2001-01-01T00:00:00.000Z' };
    const answer = await request(alice, given);
    expect(answer).toEqual({
      contacts: [
        { sessionId: 'nobody', isOnline: false, lastSeen: null, timestamp: near(at) },
        { sessionId: 'carol', isOnline: true, lastSeen: near(at), timestamp: near(at) },
        { sessionId: 'bob', isOnline: false, lastSeen: null, timestamp: near(at) },
      ],
      timestamp: near(at),
    });
    expect(await alice.next('presence:request')).toEqual(answer);
    const bob = await join(world, 'bob');
    const told = { sessionId: 'bob', fromUserId: 'bob', isOnline: true, lastSeen: near(at), timestamp: near(at) };
    expect(await alice.next(UPDATE)).toEqual(told);
    expect(await bob.heard(UPDATE)).toEqual([]);
  });

  test('presence:request takes a bare array, and none means the stored contact list', async () => {
    const world = await open(transport);
    const alice = await join(world, 'alice');
    expect((await request(alice, [])).contacts).toEqual([]);
    await alice.ask('contacts:add', { sessionId: 'alice', contactSessionId: 'bob', timestamp: 'ignored' });
    for (const nothing of [[], { contactIds: [] }, {}, undefined])
      expect((await request(alice, nothing)).contacts).toMatchObject([{ sessionId: 'bob' }]);
    expect((await request(alice, ['carol', 'bob'])).contacts).toMatchObject([{ sessionId: 'carol' }, { sessionId: 'bob' }]);
  });

  test('lastSeen is the real one, never the time of the answer', async () => {
    const world = await open(transport);
    const [alice, bob] = [await join(world, 'alice'), await join(world, 'bob')];
    await request(alice, ['bob']);
    bob.leave();
    const leftAt = world.clock.now();
    await alice.next(UPDATE, { isOnline: false });
    world.clock.advance(7_200_000);
    const watcher = await join(world, 'carol');
    const { contacts, timestamp } = await request(watcher, ['bob']);
    expect(contacts).toEqual([{ sessionId: 'bob', isOnline: false, lastSeen: near(leftAt), timestamp: near(leftAt + 7_200_000) }]);
    expect(timestamp).toEqual(near(leftAt + 7_200_000));
    // Nor does a watcher who comes back make it now.
    watcher.leave();
    expect((await request(await join(world, 'carol'), ['bob'])).contacts[0]?.lastSeen).toEqual(near(leftAt));
  });

  test('presence:update hides at once though connected, and shows again; everybody who watches is told', async () => {
    const world = await open(transport);
    const [alice, bob, carol] = [await join(world, 'alice'), await join(world, 'bob'), await join(world, 'carol')];
    await request(bob, ['alice']);
    await request(carol, ['alice']);
    world.clock.advance(60_000);
    alice.emit(UPDATE, { fromUserId: 'alice', isOnline: false, toUserIds: ['bob'], timestamp: '2001-01-01T00:00:00.000Z' });
    const at = world.clock.now();
    for (const watcher of [bob, carol]) {
      const told = await watcher.next(UPDATE);
      expect(told).toEqual({ sessionId: 'alice', fromUserId: 'alice', isOnline: false, lastSeen: near(at), timestamp: near(at) });
    }
    world.clock.advance(60_000);
    expect((await request(carol, ['alice'])).contacts).toMatchObject([{ isOnline: false, lastSeen: near(at) }]);
    alice.emit(UPDATE, { isOnline: true, toUserIds: ['bob'] });
    for (const watcher of [bob, carol]) expect(await watcher.next(UPDATE)).toMatchObject({ isOnline: true });
    expect(await bob.heard(UPDATE)).toEqual([]);
    expect(await carol.heard(UPDATE)).toEqual([]);
  });

  test('presence:update is forwarded to those named only, metadata unread; nobody named means all contacts', async () => {
    const world = await open(transport);
    const [alice, bob, carol] = [await join(world, 'alice'), await join(world, 'bob'), await join(world, 'carol')];
    const opaque = { metadata: { a: [1, { b: null }] }, encryptedData: 'q83v' };
    alice.emit(UPDATE, { isOnline: true, toUserIds: ['bob', 'nobody'], ...opaque });
    expect(await bob.next(UPDATE)).toMatchObject({ sessionId: 'alice', fromUserId: 'alice', isOnline: true, ...opaque });
    expect(await carol.heard(UPDATE)).toEqual([]);
    await alice.ask('contacts:add', { contactSessionId: 'carol' });
    alice.emit(UPDATE, { isOnline: false, toUserIds: [], ...opaque });
    expect(await carol.next(UPDATE)).toMatchObject({ sessionId: 'alice', isOnline: false, ...opaque });
    expect(await bob.heard(UPDATE)).toEqual([]);
    // Somebody who was offline and is still: there is nothing to forward.
    alice.emit(UPDATE, { isOnline: false, toUserIds: ['bob'], ...opaque });
    expect(await alice.heard('error')).toEqual([]);
    expect(await bob.heard(UPDATE)).toEqual([]);
  });

  test('client:heartbeat is activity and acknowledged; pongs are activity and not', async () => {
    const world = await open(transport);
    const alice = await join(world, 'alice');
    const bob = await join(world, 'bob');
    world.clock.advance(15_000);
    alice.emit('client:heartbeat', { sessionId: 'alice', timestamp: 1 });
    expect(await alice.next('heartbeat:ack')).toEqual({ timestamp: near(world.clock.now()) });
    expect(await alice.ask('client:heartbeat')).toEqual({ timestamp: near(world.clock.now()) });
    await alice.heard();
    for (const pong of ['heartbeat:pong', 'connection:pong', 'connection:stability_check:response']) {
      world.clock.advance(60_000);
      alice.emit(pong, 'anything');
      expect(await alice.heard()).toEqual([]);
      expect((await request(bob, ['alice'])).contacts[0]?.lastSeen).toEqual(near(world.clock.now()));
    }
  });

  test('typing:update goes to the recipient alone, and ends by itself after 6 s', async () => {
    const world = await open(transport);
    const [alice, bob, carol] = [await join(world, 'alice'), await join(world, 'bob'), await join(world, 'carol')];
    const words = { fromUserId: 'alice', recipientId: 'bob', conversationId: 'c1', showIndicatorOnSessionId: 'bob' };
    alice.emit('typing:update', { ...words, isTyping: true });
    expect(await bob.next('typing:update')).toEqual({ ...words, isTyping: true, timestamp: near(world.clock.now()) });
    world.clock.advance(5_900);
    expect(await bob.heard('typing:status_update')).toEqual([]);
    world.clock.advance(200);
    const stopped = { ...words, isTyping: false, autoStopped: true, timestamp: near(world.clock.now()) };
    expect(await bob.next('typing:status_update')).toEqual(stopped);
    alice.emit('typing:update', { ...words, isTyping: true });
    alice.emit('typing:update', { ...words, isTyping: false });
    await bob.next('typing:update', { isTyping: true });
    await bob.next('typing:update', { isTyping: false });
    world.clock.advance(10_000);
    expect(await bob.heard()).toEqual([]);
    expect(await carol.heard()).toEqual([]);
    // Whoever may not see the sender online is not told that they type.
    alice.emit(UPDATE, { isOnline: false, toUserIds: [] });
    alice.emit('typing:update', { ...words, isTyping: true });
    expect(await alice.heard('error')).toEqual([]);
    expect(await bob.heard()).toEqual([]);
  });

  test('contacts are stored; from then on they are watched, after they are removed not any more', async () => {
    const world = await open(transport);
    const alice = await join(world, 'alice');
    const edit = { sessionId: 'alice', contactSessionId: 'bob', timestamp: '2001-01-01T00:00:00.000Z' };
    alice.emit('contacts:add', edit);
    expect(await alice.next('contacts:added')).toEqual({ contactId: 'bob', timestamp: near(world.clock.now()) });
    const bob = await join(world, 'bob');
    expect(await alice.next(UPDATE)).toMatchObject({ sessionId: 'bob', isOnline: true });
    // Another device of hers knows them without asking.
    const tablet = await join(world, 'alice');
    bob.leave();
    for (const device of [alice, tablet]) expect(await device.next(UPDATE)).toMatchObject({ sessionId: 'bob', isOnline: false });
    alice.emit('contacts:remove', edit);
    expect(await alice.next('contacts:removed')).toEqual({ contactId: 'bob', timestamp: near(world.clock.now()) });
    expect((await request(alice, [])).contacts).toEqual([]);
    await join(world, 'bob');
    expect(await alice.heard(UPDATE)).toEqual([]);
  });

  test('session:leaving and a goodbye are told at once, a lost device only when no other lives', async () => {
    const world = await open(transport);
    const watcher = await join(world, 'watcher');
    await request(watcher, ['alice', 'bob']);
    const [alice, bob, second] = [await join(world, 'alice'), await join(world, 'bob'), await join(world, 'bob')];
    await watcher.heard();
    alice.emit('session:leaving', { sessionId: 'alice', reason: 'app_closed' });
    const left = { sessionId: 'alice', isOnline: false, lastSeen: near(world.clock.now()) };
    expect(await watcher.next(UPDATE)).toMatchObject(left);
    alice.leave();
    bob.leave();
    expect(await watcher.heard(UPDATE)).toEqual([]);
    second.leave();
    expect(await watcher.next(UPDATE)).toMatchObject({ sessionId: 'bob', isOnline: false });
  });

  test('an id that is not the token’s own is refused and changes nothing', async () => {
    const world = await open(transport);
    const [alice, bob] = [await join(world, 'alice'), await join(world, 'bob')];
    await request(bob, ['alice']);
    const foreign: [event: string, payload: object][] = [
      ['register_session', { sessionId: 'bob' }],
      ['presence:request', { requesterId: 'bob', contactIds: ['alice'] }],
      [UPDATE, { fromUserId: 'bob', isOnline: false, toUserIds: ['bob'] }],
      ['client:heartbeat', { sessionId: 'bob' }],
      ['typing:update', { fromUserId: 'bob', recipientId: 'bob', conversationId: 'c', isTyping: true }],
      ['contacts:add', { sessionId: 'bob', contactSessionId: 'alice' }],
      ['contacts:remove', { sessionId: 'bob', contactSessionId: 'alice' }],
      ['session:leaving', { sessionId: 'bob', reason: 'x' }],
    ];
    await bob.heard();
    for (const [event, payload] of foreign) {
      alice.emit(event, payload);
      const error = { code: 'FORBIDDEN', message: expect.any(String), event, timestamp: near(world.clock.now()) };
      expect(await alice.next('error')).toEqual(error);
    }
    expect(await bob.heard()).toEqual([]);
    expect((await request(bob, ['bob', 'alice'])).contacts).toMatchObject([{ isOnline: true }, { isOnline: true }]);
  });

  test.each([
    ['register_session', {}],
    ['presence:request', 'alice'],
    ['presence:request', { contactIds: 'alice' }],
    ['presence:request', [null]],
    ['presence:request', [['a']]],
    [UPDATE, { isOnline: 'yes', toUserIds: [] }],
    [UPDATE, { isOnline: true }],
    ['client:heartbeat', 'x'],
    ['typing:update', { recipientId: 'bob', isTyping: true }],
    ['contacts:add', { sessionId: 'alice' }],
    ['contacts:remove', undefined],
    ['session:leaving', 5],
  ])('bad input is told of, and closes nothing: %s %j', async (event, payload) => {
    const world = await open(transport);
    const alice = await join(world, 'alice');
    alice.emit(event, payload);
    const expected = { code: 'INVALID_PAYLOAD', message: expect.any(String), event, timestamp: near(world.clock.now()) };
    expect(await alice.next('error')).toEqual(expected);
    expect((await request(alice, ['alice'])).contacts).toMatchObject([{ isOnline: true }]);
  });

  test('too many ids and too many messages have codes of their own', async () => {
    const world = await open(transport, { idsMax: 3, messagesBurstMax: 20 });
    const alice = await join(world, 'alice');
    alice.emit('presence:request', ['a', 'b', 'c', 'd']);
    expect(await alice.next('error')).toMatchObject({ code: 'TOO_MANY_IDS', event: 'presence:request' });
    expect((await request(alice, ['a', 'b', 'c'])).contacts).toHaveLength(3);
    for (let count = 0; count < 25; count += 1) alice.emit('heartbeat:pong');
    expect(await alice.next('error', { event: 'heartbeat:pong' })).toMatchObject({ code: 'RATE_LIMITED' });
    world.clock.advance(10_000);
    expect((await request(alice, ['alice'])).contacts).toMatchObject([{ isOnline: true }]);
  });

  test('in open mode register_session signs in whom it names', async () => {
    const world = await open(transport, { auth: 'open' });
    const [alice, bob] = [world.connecting('/'), world.connecting('/', { auth: { userId: 'bob' } })];
    await bob.next('#connect');
    await request(bob, ['alice']);
    alice.emit('presence:request', ['bob']);
    expect(await alice.next('error')).toMatchObject({ code: 'UNAUTHENTICATED', event: 'presence:request' });
    alice.emit('register_session', { sessionId: 'alice' });
    await alice.next('session_registered', { sessionId: 'alice' });
    expect(await bob.next(UPDATE)).toMatchObject({ sessionId: 'alice', isOnline: true });
  });

  test.each(['everyone', 'watched'] as const)(
    'with audience "%s" only those are told who asked, or whose contact it is',
    async (audience) => {
      const world = await open(transport, { audience });
      const [stranger, asker] = [await join(world, 'stranger'), await join(world, 'asker')];
      await request(asker, ['alice']);
      await join(world, 'alice');
      expect(await asker.next(UPDATE)).toMatchObject({ sessionId: 'alice' });
      expect(await stranger.heard()).toEqual([]);
    },
  );

  test('ids go back as the type that was sent', async () => {
    const world = await open(transport);
    const alice = await join(world, '1');
    expect((await request(alice, [7, '8'])).contacts).toMatchObject([{ sessionId: 7 }, { sessionId: '8' }]);
    await join(world, '7');
    expect(await alice.next(UPDATE)).toMatchObject({ sessionId: 7, fromUserId: 7, isOnline: true });
  });
});
