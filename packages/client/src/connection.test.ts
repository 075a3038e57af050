import { CLOSE_CODES } from '@porchlight/protocol';
import { expect, test } from 'vitest';
import { makePresence } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';
import { record } from './testing/scripted-server.ts';

test('says hello with the token, the subprotocol address and the client, and is open when welcomed', async () => {
  const { presence, server } = makePresence();
  expect(presence.connection.name).toBe('connecting');
  await settle();
  expect(presence.connection).toEqual({ name: 'open' });
  expect(presence.userId).toBe('me');
  expect(server.last().url).toBe('wss://presence.test/v1/ws');
  expect(server.last().heard[0]).toEqual({ type: 'hello', token: 'opaque', client: { platform: 'node' } });
});

test.each([
  ['https://a.test', 'wss://a.test/v1/ws'],
  ['http://a.test:3000/', 'ws://a.test:3000/v1/ws'],
  ['wss://a.test/v1/ws', 'wss://a.test/v1/ws'],
  ['https://a.test/presence', 'wss://a.test/presence/v1/ws'],
])('finds the socket of %s', async (url, socket) => {
  const { server } = makePresence({ url });
  await settle();
  expect(server.last().url).toBe(socket);
});

test('throws at once for an address that is none', () => {
  expect(() => makePresence({ url: 'nowhere' })).toThrow(TypeError);
});

test('[S23.7] waits twice as long after every failure, to 30 s at most, and begins anew after 10 s of being open', async () => {
  const { presence, clock, server } = makePresence();
  server.answers = false;
  await settle();
  const waits: number[] = [];
  for (let failure = 0; failure < 9; failure++) {
    server.last().close(1006);
    expect(presence.connection.name).toBe('waiting');
    const waitMs = presence.connection.name === 'waiting' ? presence.connection.retryAt - presence.now() : 0;
    waits.push(waitMs);
    await clock.advance(waitMs - 1);
    expect(server.sockets).toHaveLength(failure + 1);
    await clock.advance(1);
    expect(server.sockets).toHaveLength(failure + 2);
  }
  // With chance in the middle, three quarters of the whole.
  expect(waits).toEqual([375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500]);
  server.answers = true;
  server.last().close(1006);
  await clock.advance(22_500);
  expect(presence.connection.name).toBe('open');
  await clock.advance(9_999);
  server.last().close(1006);
  expect(presence.connection).toMatchObject({ retryAt: presence.now() + 22_500 });
  await clock.advance(22_500);
  await clock.advance(10_000);
  server.last().close(1006);
  await clock.advance(375);
  expect(presence.connection.name).toBe('open');
});

test('[S23.7] comes back after the time that the server gives, never sooner', async () => {
  const { presence, clock, server, signal } = makePresence();
  await settle();
  server.last().say({ type: 'bye', code: 1012, message: 'restart', retryAfterMs: 8_000 });
  server.last().close(1012);
  signal('online');
  await clock.advance(7_999);
  expect(server.sockets).toHaveLength(1);
  await clock.advance(1_001);
  expect(presence.connection.name).toBe('open');
});

test.each(Object.entries(CLOSE_CODES).map(([code, meaning]) => [Number(code), meaning.retry] as const))(
  '[S23.7] does after close code %i what the table says: %s',
  async (code, retry) => {
    const { presence, clock, server } = makePresence();
    await settle();
    server.last().close(code);
    if (retry === 'later') return expect(presence.connection.name).toBe('waiting');
    expect(presence.connection).toMatchObject({
      name: 'closed',
      failure: { code: code === 4401 ? 'UNAUTHENTICATED' : `CLOSE_${code}`, retry },
    });
    await clock.advance(120_000);
    expect(server.sockets).toHaveLength(1);
  },
);

test('fetches another token when the server refuses one, if there is a way to', async () => {
  let tokens = 0;
  const { presence, clock, server } = makePresence({ token: async () => `token ${++tokens}` });
  await settle();
  server.last().close(4401);
  expect(presence.connection.name).toBe('waiting');
  await clock.advance(1_000);
  expect(server.last().of('hello')[0]?.token).toBe('token 2');
  expect(presence.connection.name).toBe('open');
});

test('tries again when the token cannot be fetched, and closes when there is none', async () => {
  let answer: () => string = () => {
    throw new Error('no network');
  };
  const { presence, clock, server } = makePresence({ token: () => answer() });
  await settle();
  expect(presence.connection.name).toBe('waiting');
  expect(server.sockets).toHaveLength(0);
  answer = () => '';
  await clock.advance(1_000);
  expect(presence.connection).toMatchObject({ name: 'closed', failure: { code: 'UNAUTHENTICATED', retry: 'signed-in' } });
});

test('resumes with the session and the number of the last frame', async () => {
  const { clock, server, presence } = makePresence();
  presence.watch(['alice']);
  await settle();
  server.last().say({ type: 'changes', at: clock.now(), presences: [record('alice', { status: 'away', version: 2 })] });
  const { seq } = server.last();
  server.record = undefined;
  server.last().close(1006);
  await clock.advance(1_000);
  expect(server.last().of('hello')[0]?.resume).toEqual({ session: 'session-1', seq });
  // The watches stand: nothing is asked for again.
  expect(server.last().of('watch')).toEqual([]);
  expect(presence.get('alice')?.status).toBe('away');
});

test('asks anew when the session is gone, and after a gap in the numbers', async () => {
  const { clock, server, presence } = makePresence();
  presence.watch(['alice']);
  await settle();
  server.resumes = false;
  server.last().close(1006);
  await clock.advance(1_000);
  expect(server.last().of('watch')).toMatchObject([{ add: ['alice'] }]);
  server.last().seq += 1;
  server.last().say({ type: 'changes', at: clock.now(), presences: [] });
  expect(server.last().closedWith).toBe(3001);
  await clock.advance(2_000);
  expect(server.last().of('hello')[0]?.resume).toBeUndefined();
  expect(presence.connection.name).toBe('open');
});

test('watches again what was asked for as the link broke', async () => {
  const { clock, server, presence } = makePresence();
  await settle();
  server.record = undefined;
  presence.watch(['alice']);
  await settle();
  expect(server.last().of('watch')).toHaveLength(1);
  server.last().close(1006);
  await clock.advance(1_000);
  expect(server.last().of('watch')).toMatchObject([{ add: ['alice'] }]);
});

test('ignores a frame that comes twice', async () => {
  const { clock, server, presence } = makePresence();
  presence.watch(['alice']);
  await settle();
  const far = server.last();
  far.say({ type: 'changes', at: clock.now(), presences: [record('alice', { version: 5, text: 'new' })] });
  far.raw(
    JSON.stringify({ type: 'changes', seq: far.seq, at: clock.now() + 5, presences: [record('alice', { version: 6, text: 'wrong' })] }),
  );
  expect(presence.get('alice')?.text).toBe('new');
  expect(presence.connection.name).toBe('open');
});

test('answers pings, and finds out a link that is silently dead within two ping intervals and 5 s', async () => {
  const { clock, server, presence } = makePresence();
  await settle();
  const first = server.last();
  first.say({ type: 'ping', now: clock.now() });
  await settle();
  expect(first.of('pong')).toHaveLength(1);
  first.cut();
  await clock.advance(35_001);
  expect(first.closedWith).toBe(3001);
  await clock.advance(1_000);
  expect(presence.connection.name).toBe('open');
  expect(server.sockets).toHaveLength(2);
});

test('stays on a link that answers, however quiet', async () => {
  const { clock, server } = makePresence();
  await settle();
  await clock.advance(600_000);
  expect(server.sockets).toHaveLength(1);
  expect(server.last().of('get')).toHaveLength(20);
});

test('has an open link prove itself when the network or the page comes back', async () => {
  const { clock, server, signal, presence } = makePresence();
  await settle();
  server.last().cut();
  signal('online');
  await clock.advance(5_001);
  await clock.advance(1_000);
  expect(server.sockets).toHaveLength(2);
  expect(presence.connection.name).toBe('open');
});

test('connects at once when the network comes back', async () => {
  const { clock, server, signal, presence } = makePresence();
  await settle();
  server.answers = false;
  for (let failure = 0; failure < 6; failure++) {
    server.last().close(1006);
    await clock.advance(30_000);
  }
  server.last().close(1006);
  server.answers = true;
  signal('online');
  await settle();
  expect(presence.connection.name).toBe('open');
});

test('gives up on a socket that does not open within 10 s', async () => {
  const { clock, server, presence } = makePresence();
  server.answers = false;
  await settle();
  await clock.advance(10_000);
  expect(server.last().closedWith).toBe(3001);
  expect(presence.connection.name).toBe('waiting');
});

test('says closing when the page closes, and comes back out of the cache', async () => {
  const { server, signal, presence } = makePresence();
  await settle();
  signal('closing');
  expect(server.last().heard.at(-1)).toEqual({ type: 'closing' });
  expect(server.last().closedWith).toBe(3001);
  signal('resumed');
  await settle();
  expect(presence.connection.name).toBe('open');
  expect(server.last().of('hello')[0]?.resume).toBeDefined();
});

test('leaves at once when the user signs out, and forgets everybody', async () => {
  const { server, presence, clock } = makePresence();
  presence.watch(['alice']);
  await settle();
  presence.signOut();
  expect(server.last().heard.at(-1)).toEqual({ type: 'leave' });
  expect(presence.get('alice')).toBeUndefined();
  expect(presence.connection).toEqual({ name: 'closed' });
  await clock.advance(60_000);
  expect(server.sockets).toHaveLength(1);
});

test('connects once when it is begun, ended and begun again in one go', async () => {
  let tokens = 0;
  const { server, presence } = makePresence({ autoConnect: false, token: () => `token ${++tokens}` });
  presence.connect();
  presence.close();
  presence.connect();
  await settle();
  expect(server.sockets).toHaveLength(1);
  expect(tokens).toBe(1);
});
