import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TRANSPORTS } from '../conformance/socket-client.ts';
import { iso, near, type World, worldOpener } from '../conformance/world.ts';

const open = worldOpener(startServer, onTestFinished);
const UPDATE = 'user_presence_update';
const MINUTE = 60_000;
const join = (world: World, user: string, options: Parameters<World['root']>[1] = {}) =>
  world.root(user, { auth: { dialect: 'user-presence' }, ...options });
const look = async (world: World, user: string, query = '') =>
  (await world.http('GET', `/api/user-presence/${user}${query}`, 'viewer')).body;

describe.each(TRANSPORTS)('user-presence over %s', (transport) => {
  test('connecting marks online and is told to all connected', async () => {
    const world = await open(transport);
    const watcher = await join(world, 'watcher');
    await watcher.heard();
    const bob = await join(world, 'bob');
    const at = near(world.clock.now());
    const told = { user_id: 'bob', is_online: true, status: 'online', last_active: at, last_seen: at };
    expect(await watcher.next(UPDATE)).toEqual(told);
    expect(await bob.next(UPDATE)).toEqual(told);
  });

  test('a goodbye is told at once', async () => {
    const world = await open(transport);
    const watcher = await join(world, 'watcher');
    const bob = await join(world, 'bob');
    await watcher.heard();
    bob.leave();
    const at = near(world.clock.now());
    const told = { user_id: 'bob', is_online: false, status: 'Active just now', last_active: at, last_seen: at };
    expect(await watcher.next(UPDATE)).toEqual(told);
  });

  test('user_activity, whatever its payload, moves last_active; five minutes without it are told', async () => {
    const world = await open(transport);
    const [watcher, bob] = [await join(world, 'watcher'), await join(world, 'bob')];
    await watcher.heard();
    for (const payload of [[{}], [], ['click'], [null]]) {
      world.clock.advance(4 * MINUTE);
      await watcher.ask('user_activity');
      bob.emit('user_activity', ...payload);
      expect(await bob.heard('error')).toEqual([]);
      expect(await watcher.heard(UPDATE)).toEqual([]);
      expect((await look(world, 'bob')).last_active).toEqual(near(world.clock.now()));
    }
    const activeAt = world.clock.now();
    world.clock.advance(5 * MINUTE);
    const idle = await watcher.next(UPDATE, { user_id: 'bob' });
    expect(idle).toMatchObject({ is_online: false, status: 'Last seen 5 minutes ago', last_active: near(activeAt) });
    bob.emit('user_activity', {});
    expect(await watcher.next(UPDATE, { user_id: 'bob' })).toMatchObject({ is_online: true, status: 'online' });
  });

  test('two sockets of one user are one presence', async () => {
    const world = await open(transport);
    const watcher = await join(world, 'watcher');
    const [first, second] = [await join(world, 'bob'), await join(world, 'bob')];
    await watcher.heard();
    first.leave();
    expect(await watcher.heard(UPDATE)).toEqual([]);
    second.leave();
    expect(await watcher.next(UPDATE)).toMatchObject({ user_id: 'bob', is_online: false });
  });

  test('an event it does not know is told of, and closes nothing', async () => {
    const world = await open(transport);
    const bob = await join(world, 'bob');
    bob.emit('user_activities', {});
    const error = { code: 'INVALID_PAYLOAD', message: expect.any(String), event: 'user_activities', timestamp: near(world.clock.now()) };
    expect(await bob.next('error')).toEqual(error);
    expect((await look(world, 'bob')).is_online).toBe(true);
  });

  test('too many messages have a code of their own', async () => {
    const world = await open(transport, { messagesBurstMax: 10 });
    const bob = await join(world, 'bob');
    for (let count = 0; count < 15; count += 1) bob.emit('user_activity');
    expect(await bob.next('error')).toMatchObject({ code: 'RATE_LIMITED', event: 'user_activity' });
  });

  test('hours are said in the zone of the server’s option', async () => {
    const world = await open(transport, { timeZone: 'Asia/Tokyo' });
    const [watcher, bob] = [await join(world, 'watcher'), await join(world, 'bob')];
    // From midnight in UTC: nine in the morning in Tokyo, and two hours later still connected but long idle; then he hides.
    world.clock.advance(120 * MINUTE);
    await watcher.heard();
    bob.leave();
    expect(await watcher.next(UPDATE, { user_id: 'bob' })).toMatchObject({ status: 'Last seen today at 09:00' });
  });

  test('ids go back as the type that was sent, and the id of a token is a text', async () => {
    const world = await open(transport);
    const watcher = await join(world, 'watcher');
    await join(world, '7');
    expect(await watcher.next(UPDATE, { user_id: '7' })).toMatchObject({ is_online: true });
  });

  test('audience "watched": contacts only, since this dialect’s sockets ask about nobody', async () => {
    const world = await open(transport, { audience: 'watched' });
    const editor = await world.root('watcher', { auth: { dialect: 'smart-presence' } });
    await editor.ask('contacts:add', { contactSessionId: 'bob' });
    const watcher = await join(world, 'watcher');
    await join(world, 'stranger');
    await join(world, 'bob');
    const told = (await watcher.heard(UPDATE)).map(({ payload }) => (payload as { user_id: string }).user_id);
    expect(told).toEqual(['bob']);
  });

  test('in open mode the handshake says who it is; without that, activity is refused', async () => {
    const world = await open(transport, { auth: 'open' });
    const bob = world.connecting('/', { auth: { userId: 'bob' } });
    expect(await bob.next(UPDATE)).toMatchObject({ user_id: 'bob', is_online: true });
    const nobody = world.connecting('/');
    await nobody.next('#connect');
    nobody.emit('user_activity', {});
    expect(await nobody.next('error')).toMatchObject({ code: 'UNAUTHENTICATED', event: 'user_activity' });
  });
});

describe('user-presence over HTTP', () => {
  test.each(['user-presence', 'user-status'])('GET /api/%s/<user_id>', async (name) => {
    const world = await open('websocket');
    await join(world, 'bob');
    const at = near(world.clock.now());
    const { status, body } = await world.http('GET', `/api/${name}/bob`, 'viewer');
    expect({ status, body }).toEqual({ status: 200, body: { is_online: true, status: 'online', last_active: at, last_seen: at } });
  });

  test('every phrase, in UTC, in the server’s zone and in the one that is asked for', async () => {
    const world = await open('websocket', { timeZone: 'America/New_York' });
    expect(await look(world, 'nobody')).toEqual({ is_online: false, status: 'Offline', last_active: null, last_seen: null });
    const bob = await join(world, 'bob');
    world.clock.advance(14 * 60 * MINUTE + 30 * MINUTE);
    await bob.ask('user_activity');
    bob.leave();
    await world.http('GET', '/api/user-presence/bob', 'viewer');
    const start = world.clock.now();
    const steps: [afterMs: number, status: string, inUtc: string][] = [
      [10_000, 'Active just now', 'Active just now'],
      [MINUTE + 1_000, 'Active 1 minute ago', 'Active 1 minute ago'],
      [4 * MINUTE + 1_000, 'Active 4 minutes ago', 'Active 4 minutes ago'],
      [5 * MINUTE + 1_000, 'Last seen 5 minutes ago', 'Last seen 5 minutes ago'],
      [59 * MINUTE + 1_000, 'Last seen 59 minutes ago', 'Last seen 59 minutes ago'],
      [61 * MINUTE, 'Last seen today at 09:30', 'Last seen today at 14:30'],
      [11 * 60 * MINUTE, 'Last seen today at 09:30', 'Last seen yesterday at 14:30'],
      [24 * 60 * MINUTE, 'Last seen yesterday at 09:30', 'Last seen yesterday at 14:30'],
      [4 * 24 * 60 * MINUTE, 'Last seen on 01/01/2026 at 09:30', 'Last seen on 01/01/2026 at 14:30'],
    ];
    for (const [afterMs, status, inUtc] of steps) {
      world.clock.advance(start + afterMs - world.clock.now());
      expect(await look(world, 'bob')).toMatchObject({ is_online: false, status, last_seen: near(start) });
      expect((await look(world, 'bob', '?tz=UTC')).status).toBe(inUtc);
    }
    expect((await look(world, 'bob', '?tz=Asia/Kathmandu')).status).toBe('Last seen on 01/01/2026 at 20:15');
    expect(iso(start).slice(0, 16)).toBe('2026-01-01T14:30');
  });

  test('connected but idle is not online; a lease in use is', async () => {
    const world = await open('websocket');
    await join(world, 'bob');
    world.clock.advance(6 * MINUTE);
    expect(await look(world, 'bob')).toMatchObject({ is_online: false, status: 'Last seen 6 minutes ago' });
    await world.http('POST', '/api/update-online-status', 'carol', {});
    expect(await look(world, 'carol')).toMatchObject({ is_online: true, status: 'online' });
  });

  test('only with a valid token', async () => {
    const world = await open('websocket');
    const { status, body } = await world.http('GET', '/api/user-presence/bob', null);
    expect({ status, body }).toEqual({ status: 401, body: { error: { code: 'UNAUTHENTICATED', message: expect.any(String) } } });
    const response = await fetch(`${world.url}/api/user-status/bob`, { headers: { authorization: 'Bearer rubbish' } });
    expect(response.status).toBe(401);
  });

  test.each(['x'.repeat(129), '%00', '%20', 'bob?tz=Mars/Olympus'])('a bad question is refused: %s', async (user) => {
    const world = await open('websocket');
    const { status, body } = await world.http('GET', `/api/user-presence/${user}`, 'viewer');
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { code: 'INVALID_PAYLOAD' } } });
  });

  test('whoever hides looks like somebody never seen, and like a user of another tenant', async () => {
    const world = await open('websocket', { onlineRule: 'nobody', lastSeenRule: 'nobody' });
    await join(world, 'bob');
    await join(world, 'foreign', { claims: { tenant: 'other' } });
    const unknown = { is_online: false, status: 'Offline', last_active: null, last_seen: null };
    for (const user of ['bob', 'foreign', 'nobody']) expect(await look(world, user)).toEqual(unknown);
  });
});
