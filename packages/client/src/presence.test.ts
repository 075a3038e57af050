import { expect, test, vi } from 'vitest';
import type { Failure } from './presence-error.ts';
import { makePresence } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';
import { record } from './testing/scripted-server.ts';
import { LINGER_MS } from './watch-list.ts';

test('knows nobody until the server says, and never says offline because it does not know', async () => {
  const { presence, server } = makePresence();
  server.record = undefined;
  presence.watch(['alice']);
  await settle();
  expect(presence.get('alice')).toBeUndefined();
});

test('[S23.6] asks once for everything that is watched in one go, however many watch it', async () => {
  const { presence, server } = makePresence();
  await settle();
  presence.watch(['alice', 'bob', 'alice']);
  presence.watch(['bob', 'carol']);
  await settle();
  expect(server.last().of('watch')).toMatchObject([{ add: ['alice', 'bob', 'carol'] }]);
});

test('[S23.6] gives up a watch when the last listener has been gone for a while, and not before', async () => {
  const { presence, server, clock } = makePresence();
  const first = presence.watch(['alice']);
  const second = presence.watch(['alice', 'bob']);
  await settle();
  first();
  first();
  await clock.advance(2 * LINGER_MS);
  expect(server.last().of('watch')).toHaveLength(1);
  second();
  await clock.advance(LINGER_MS - 1);
  expect(server.last().of('watch')).toHaveLength(1);
  await clock.advance(1);
  expect(server.last().of('watch')[1]).toMatchObject({ remove: ['alice', 'bob'] });
  expect(presence.get('alice')).toBeUndefined();
});

test('tells the server nothing of watches that come and go within the lingering', async () => {
  const { presence, server, clock } = makePresence();
  let stop = presence.watch(['alice']);
  await settle();
  for (let round = 0; round < 50; round++) {
    stop();
    stop = presence.watch(['alice']);
    await clock.advance(100);
  }
  expect(server.last().of('watch')).toHaveLength(1);
});

test('parts what it asks for by the server’s limits, and says when there are too many', async () => {
  const failures: Failure[] = [];
  const { presence, server } = makePresence({ onError: (failure) => failures.push(failure) });
  server.welcome = { limits: { frameBytesMax: 4_096, idsMax: 100, watchesMax: 250 } };
  await settle();
  presence.watch(Array.from({ length: 300 }, (_, index) => `user-${index}`));
  await settle();
  const sizes = server
    .last()
    .of('watch')
    .map((frame) => frame.add?.length);
  expect(sizes).toEqual([100, 100, 50]);
  expect(failures).toMatchObject([{ code: 'TOO_MANY_IDS' }]);
});

test('asks again after the time that the server gives when a watch was refused for now, and reports one refused for good', async () => {
  const failures: Failure[] = [];
  const { presence, server, clock } = makePresence({ onError: (failure) => failures.push(failure) });
  server.record = undefined;
  await settle();
  presence.watch(['alice']);
  await settle();
  const [asked] = server.last().of('watch');
  server
    .last()
    .say({ type: 'error', request: asked?.request ?? '', code: 'RATE_LIMITED', message: 'slow', retry: 'later', retryAfterMs: 3_000 });
  await clock.advance(2_999);
  expect(server.last().of('watch')).toHaveLength(1);
  await clock.advance(1);
  const again = server.last().of('watch')[1];
  expect(again).toMatchObject({ add: ['alice'] });
  expect(failures).toEqual([]);
  server.last().say({ type: 'error', request: again?.request ?? '', code: 'FORBIDDEN', message: 'no', retry: 'never' });
  expect(failures).toMatchObject([{ code: 'FORBIDDEN' }]);
});

test('gives the same object until something changes, and tells only those who listen to what changed', async () => {
  const { presence, server, clock } = makePresence();
  const alice = vi.fn();
  const bob = vi.fn();
  presence.watch(['alice'], alice);
  presence.watch(['bob'], bob);
  await settle();
  const before = presence.get('bob');
  const all = presence.all();
  expect(presence.all()).toBe(all);
  alice.mockClear();
  bob.mockClear();
  server.last().say({ type: 'changes', at: clock.now(), presences: [record('alice', { version: 2, status: 'busy' })] });
  expect(alice.mock.calls).toEqual([['alice']]);
  expect(bob).not.toHaveBeenCalled();
  expect(presence.get('bob')).toBe(before);
  expect(presence.all()).not.toBe(all);
  // Told again after the session was lost, what did not change is still the same object.
  server.resumes = false;
  server.record = (id) => record(id, id === 'alice' ? { version: 7, status: 'busy' } : {});
  server.last().close(1006);
  await clock.advance(1_000);
  expect(presence.get('bob')).toBe(before);
  expect(bob).not.toHaveBeenCalled();
});

test('[S23.5] takes records by their version, in whatever order they come', async () => {
  const { presence, server, clock } = makePresence();
  server.record = (id) => record(id, { version: 5, text: 'five' });
  presence.watch(['alice']);
  await settle();
  const say = (at: number, version: number, text: string) => {
    server.last().say({ type: 'changes', at, presences: [record('alice', { version, text })] });
    return presence.get('alice')?.text;
  };
  const now = clock.now();
  expect(say(now, 4, 'four')).toBe('five');
  expect(say(now, 6, 'six')).toBe('six');
  expect(say(now - 50, 5, 'five')).toBe('six');
  expect(say(now, 7, 'seven')).toBe('seven');
});

test('takes the record of somebody who hid, whatever its version, and of one who shows again', async () => {
  const { presence, server, clock } = makePresence();
  server.record = (id) => record(id, { version: 900 });
  presence.watch(['alice']);
  await settle();
  const hide = (version: number) => record('alice', { version, online: false, status: 'offline' });
  server.last().say({ type: 'changes', at: clock.now(), presences: [hide(0)] });
  expect(presence.get('alice')?.online).toBe(false);
  server.last().say({ type: 'changes', at: clock.now() + 10, presences: [record('alice', { version: 950 })] });
  expect(presence.get('alice')?.online).toBe(true);
  server.last().say({ type: 'changes', at: clock.now() + 20, presences: [hide(800)] });
  expect(presence.get('alice')?.online).toBe(false);
});

test('[S23.5] lets records age to suspect while the link is down, keeps what they say, and takes them back as they were', async () => {
  const { presence, server, clock } = makePresence();
  const changed = vi.fn();
  presence.watch(['alice'], changed);
  await settle();
  const before = presence.get('alice');
  changed.mockClear();
  server.answers = false;
  server.last().close(1006);
  await clock.advance(4_999);
  expect(presence.get('alice')).toBe(before);
  await clock.advance(1);
  expect(presence.get('alice')).toEqual({ ...before, certainty: 'suspect' });
  expect(presence.get('alice')).toBe(presence.get('alice'));
  await clock.advance(3_600_000);
  expect(presence.get('alice')).toMatchObject({ online: true, certainty: 'suspect' });
  expect(changed).toHaveBeenCalledTimes(1);
  server.answers = true;
  await clock.advance(60_000);
  expect(presence.get('alice')).toBe(before);
});

test('keeps records suspect after a lost session until each has been told again', async () => {
  const { presence, server, clock } = makePresence();
  presence.watch(['alice', 'bob']);
  await settle();
  server.answers = false;
  server.last().close(1006);
  await clock.advance(10_000);
  server.answers = true;
  server.resumes = false;
  server.record = undefined;
  await clock.advance(60_000);
  expect(presence.connection.name).toBe('open');
  server.last().say({ type: 'snapshot', at: clock.now(), begin: true, presences: [record('alice', { version: 1 })] });
  expect(presence.get('alice')?.certainty).toBeUndefined();
  expect(presence.get('bob')?.certainty).toBe('suspect');
});

test('does not flicker when the link is back soon', async () => {
  const { presence, server, clock } = makePresence();
  const changed = vi.fn();
  presence.watch(['alice'], changed);
  await settle();
  changed.mockClear();
  for (const resumes of [true, false]) {
    server.resumes = resumes;
    server.last().close(1006);
    await clock.advance(3_000);
    expect(presence.connection.name).toBe('open');
  }
  expect(changed).not.toHaveBeenCalled();
});

test('sets a status, waits for the answer, and asks again if the link broke meanwhile', async () => {
  const { presence, server, clock } = makePresence();
  await settle();
  await presence.setStatus('dnd', { text: 'in a call', forMs: 60_000 });
  expect(server.last().of('status')[0]).toMatchObject({ availability: 'dnd', text: 'in a call', forMs: 60_000 });
  server.record = undefined;
  const set = presence.setStatus('auto', { text: null });
  await settle();
  server.last().close(1006);
  server.record = (id) => record(id);
  await clock.advance(1_000);
  await set;
  expect(server.last().of('status')[0]).toMatchObject({ availability: 'auto', text: null });
});

test('rejects with the code of the server, and with CLOSED when it ends', async () => {
  const { presence, server } = makePresence();
  await settle();
  server.record = undefined;
  const refused = presence.setStatus('busy').catch((error) => error);
  await settle();
  server
    .last()
    .say({ type: 'error', request: server.last().of('status')[0]?.request ?? '', code: 'RATE_LIMITED', message: 'Slow.', retry: 'later' });
  expect(await refused).toMatchObject({ name: 'PresenceError', code: 'RATE_LIMITED', retry: 'later', message: 'Slow.' });
  const ended = presence.fetch(['alice']).catch((error) => error);
  presence.close();
  expect(await ended).toMatchObject({ code: 'CLOSED' });
});

test('fetches records once without watching', async () => {
  const { presence, server } = makePresence();
  await settle();
  expect(await presence.fetch(['alice', 'bob'])).toEqual([record('alice'), record('bob')]);
  expect(server.last().of('watch')).toEqual([]);
  expect(presence.get('alice')).toBeUndefined();
});

test('corrects its idea of the time by what the server writes, and follows a jump', async () => {
  const { presence, server, clock } = makePresence();
  const hourMs = 3_600_000;
  server.now = () => clock.now() + hourMs;
  await settle();
  expect(presence.now()).toBe(clock.now() + hourMs);
  // A frame that was 300 ms on its way does not spoil what is known.
  server.last().say({ type: 'ping', now: server.now() - 300 });
  expect(presence.now()).toBe(clock.now() + hourMs);
  server.last().say({ type: 'ping', now: clock.now() });
  expect(presence.now()).toBe(clock.now());
});

test('is told of by listeners even when one of them throws', async () => {
  const { presence } = makePresence();
  const uncaught: unknown[] = [];
  const report = (error: unknown) => uncaught.push(error);
  process.prependOnceListener('uncaughtException', report);
  vi.stubGlobal('queueMicrotask', (work: () => void) => Promise.resolve().then(work).catch(report));
  const later = vi.fn();
  presence.watch(['alice'], () => {
    throw new Error('a listener of the app');
  });
  presence.watch(['alice'], later);
  await settle();
  vi.unstubAllGlobals();
  process.removeListener('uncaughtException', report);
  expect(later).toHaveBeenCalled();
  expect(uncaught).toHaveLength(1);
});

test('begins with the records that it is given', () => {
  const { presence } = makePresence({ autoConnect: false, initial: [record('alice')] });
  expect(presence.get('alice')).toEqual(record('alice'));
  expect(presence.connection).toEqual({ name: 'closed' });
});

test('leaves no alarm behind when it is closed', async () => {
  const { presence, clock, signal } = makePresence();
  const stop = presence.watch(['alice']);
  await settle();
  signal('input');
  stop();
  presence.close();
  await clock.advance(2_000);
  expect(clock.pending()).toBe(0);
});
