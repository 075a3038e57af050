import { expect, test } from 'vitest';
import { describeLastSeen, nextDescriptionMs } from './describe-last-seen.ts';
import { observeLabel } from './label.ts';
import type { Presence } from './presence.ts';
import { makePresence } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';
import { record } from './testing/scripted-server.ts';
import { observeTime } from './ticker.ts';

const MINUTE = 60_000;

function label(presence: Presence, id: string) {
  const shown: [text: string, at: number][] = [];
  const show = () => {
    const known = presence.get(id);
    const text = known ? describeLastSeen(known, presence.now(), 'en', 'UTC') : '';
    if (text !== '' && text !== shown.at(-1)?.[0]) shown.push([text, presence.now()]);
  };
  const stop = observeLabel(presence, id, (known, now) => nextDescriptionMs(known, now, 'UTC'), show);
  return { shown, stop };
}

const gone = (id: string, lastSeenAt: number) => record(id, { online: false, status: 'offline', lastSeenAt, version: 2 });

test('[S23.9] labels change at the right millisecond, without the network', async () => {
  const { presence, server, clock } = makePresence();
  const seenAt = clock.now() - 12_345;
  server.record = (id) => gone(id, seenAt);
  const { shown } = label(presence, 'alice');
  await settle();
  const { heard } = server.last();
  const before = heard.length;
  server.last().cut();
  await clock.advance(4 * MINUTE);
  expect(shown.slice(0, 5)).toEqual([
    ['just now', seenAt + 12_345],
    ['1 minute ago', seenAt + MINUTE],
    ['2 minutes ago', seenAt + 2 * MINUTE],
    ['3 minutes ago', seenAt + 3 * MINUTE],
    ['4 minutes ago', seenAt + 4 * MINUTE],
  ]);
  expect(heard.length).toBe(before);
});

test('[S23.9] a clock that is an hour wrong changes nothing', async () => {
  for (const wrongMs of [-60 * MINUTE, 0, 60 * MINUTE]) {
    const { presence, server, clock } = makePresence();
    server.now = () => clock.now() + wrongMs;
    const seenAt = server.now() - 90_000;
    server.record = (id) => gone(id, seenAt);
    const { shown } = label(presence, 'alice');
    await settle();
    await clock.advance(MINUTE);
    expect(shown).toEqual([
      ['1 minute ago', seenAt + 90_000],
      ['2 minutes ago', seenAt + 2 * MINUTE],
    ]);
  }
});

test('[S23.9] one timer serves any number of labels, and wakes only when one of them changes', async () => {
  const { presence, server, clock } = makePresence();
  server.welcome = { limits: { frameBytesMax: 16_384, idsMax: 1_000, watchesMax: 1_000 } };
  const seenAt = clock.now() - 30_000;
  server.record = (id) => gone(id, seenAt);
  await settle();
  await clock.advance(2_000);
  const before = clock.pending();
  const { after } = clock;
  const wakes: number[] = [];
  clock.after = (ms, ring) =>
    after(ms, () => {
      wakes.push(clock.now());
      ring();
    });
  const labels = Array.from({ length: 500 }, (_, index) => label(presence, `user-${index}`));
  await settle();
  expect(clock.pending()).toBe(before + 1);
  await clock.advance(27_999);
  expect(wakes).toEqual([]);
  await clock.advance(1);
  expect(wakes).toEqual([seenAt + MINUTE]);
  expect(labels.every(({ shown }) => shown.at(-1)?.[0] === '1 minute ago')).toBe(true);
});

test('sleeps while the page is hidden, and is right at once when somebody looks again', async () => {
  const { presence, server, clock, signal } = makePresence();
  const seenAt = clock.now();
  server.record = (id) => gone(id, seenAt);
  const { shown } = label(presence, 'alice');
  await settle();
  const pending = clock.pending();
  signal('hidden');
  // By then the server knows.
  await clock.advance(2_000);
  expect(clock.pending()).toBeLessThan(pending);
  await clock.advance(10 * MINUTE - 2_000);
  expect(shown).toEqual([['just now', seenAt]]);
  signal('shown');
  expect(shown.at(-1)).toEqual(['10 minutes ago', seenAt + 10 * MINUTE]);
});

test('sleeps when nobody listens', async () => {
  const { presence, server, clock } = makePresence();
  server.record = (id) => gone(id, clock.now());
  await settle();
  await clock.advance(2_000);
  const before = clock.pending();
  const { stop } = label(presence, 'alice');
  await settle();
  stop();
  await clock.advance(2_000);
  expect(clock.pending()).toBe(before);
});

test('is made again when the idea of the time moves, even while nothing is due', async () => {
  const { presence, server, clock } = makePresence();
  await settle();
  let made = 0;
  const stop = observeTime(
    presence,
    () => Number.POSITIVE_INFINITY,
    () => made++,
  );
  server.last().say({ type: 'ping', now: clock.now() + 3_600_000 });
  expect(made).toBe(1);
  server.last().say({ type: 'ping', now: clock.now() + 3_600_000 });
  expect(made).toBe(1);
  stop();
});
