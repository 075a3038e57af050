import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTimeZone, longPhrase, nextPhraseChangeMs, RECENTLY_ACTIVE_MS, STATUS_COLORS, shortPhrase, statusColor } from './last-seen.ts';

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const long = (online: boolean, activeMs: number | null, seenMs: number | null = activeMs, zone?: string) =>
  longPhrase(
    { online, lastActiveAt: activeMs === null ? null : NOW - activeMs, lastSeenAt: seenMs === null ? null : NOW - seenMs },
    NOW,
    zone,
  );

describe('[S21.3] the long phrase', () => {
  test.each([
    [true, 0, 'online'],
    [true, RECENTLY_ACTIVE_MS - 1, 'online'],
    [true, RECENTLY_ACTIVE_MS, 'Last seen 5 minutes ago'],
    [true, null, 'online'],
    [false, 0, 'Active just now'],
    [false, MINUTE - 1, 'Active just now'],
    [false, MINUTE, 'Active 1 minute ago'],
    [false, 3 * MINUTE, 'Active 3 minutes ago'],
    [false, RECENTLY_ACTIVE_MS - 1, 'Active 4 minutes ago'],
    [false, RECENTLY_ACTIVE_MS, 'Last seen 5 minutes ago'],
    [false, HOUR - 1, 'Last seen 59 minutes ago'],
    [false, HOUR, 'Last seen today at 11:00'],
    [false, 12 * HOUR, 'Last seen today at 00:00'],
    [false, 12 * HOUR + 1, 'Last seen yesterday at 23:59'],
    [false, 36 * HOUR, 'Last seen yesterday at 00:00'],
    [false, 36 * HOUR + 1, 'Last seen on 13/01/2026 at 23:59'],
    [false, null, 'Offline'],
    [false, -5 * SECOND, 'Active just now'],
  ])('online %s, active %s ms ago: %s', (online, activeMs, phrase) => expect(long(online, activeMs)).toBe(phrase));

  test('days are those of the reader’s time zone', () => {
    expect(long(false, 3 * HOUR, 3 * HOUR, 'Pacific/Auckland')).toBe('Last seen yesterday at 22:00');
    expect(long(false, 20 * HOUR, 20 * HOUR, 'America/Los_Angeles')).toBe('Last seen yesterday at 08:00');
    expect(long(false, 2 * HOUR, 2 * HOUR, 'Asia/Kolkata')).toBe('Last seen today at 15:30');
  });

  test('only last seen is known', () => expect(long(false, null, 2 * HOUR)).toBe('Last seen today at 10:00'));
});

describe('[S21.4] the short phrase and its colour', () => {
  test.each([
    [0, 'online', STATUS_COLORS.online],
    [30 * SECOND - 1, 'online', STATUS_COLORS.online],
    [30 * SECOND, '1m ago', STATUS_COLORS.recent],
    [2 * MINUTE, '2m ago', STATUS_COLORS.recent],
    [5 * MINUTE, '5m ago', STATUS_COLORS.offline],
    [HOUR - 1, '59m ago', STATUS_COLORS.offline],
    [HOUR, '1h ago', STATUS_COLORS.offline],
    [DAY - 1, '23h ago', STATUS_COLORS.offline],
    [DAY, 'yesterday', STATUS_COLORS.offline],
    [2 * DAY, '2d ago', STATUS_COLORS.offline],
    [7 * DAY, '1w ago', STATUS_COLORS.offline],
    [30 * DAY - 1, '4w ago', STATUS_COLORS.offline],
    [30 * DAY, '12/16/2025', STATUS_COLORS.offline],
  ])('%s ms ago: %s', (elapsedMs, phrase, color) => {
    expect(shortPhrase(NOW - elapsedMs, NOW, 'en-US', 'UTC')).toBe(phrase);
    expect(statusColor(NOW - elapsedMs, NOW)).toBe(color);
  });

  test('never seen is offline and grey', () => {
    expect(shortPhrase(null, NOW)).toBe('offline');
    expect(statusColor(null, NOW)).toBe(STATUS_COLORS.offline);
    expect(nextPhraseChangeMs(null, NOW)).toBe(Number.POSITIVE_INFINITY);
  });

  test('nothing changes before the moment that is named, and something does then', () => {
    const words = (now: number, seenAt: number) => `${shortPhrase(seenAt, now, 'en-US', 'UTC')} ${statusColor(seenAt, now)}`;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 * DAY }), fc.double({ min: 0, max: 1, noNaN: true }), (elapsedMs, part) => {
        const seenAt = NOW - elapsedMs;
        const waitMs = nextPhraseChangeMs(seenAt, NOW);
        if (waitMs === Number.POSITIVE_INFINITY) return;
        expect(waitMs).toBeGreaterThan(0);
        expect(words(NOW + Math.floor((waitMs - 1) * part), seenAt)).toBe(words(NOW, seenAt));
        // Between the days of a week the words may stay; they never change unannounced.
        if (elapsedMs < 7 * DAY - DAY) expect(words(NOW + waitMs, seenAt)).not.toBe(words(NOW, seenAt));
      }),
      { numRuns: 500 },
    );
  });
});

test('[S21.3] time zones are those that the runtime knows, of a sensible length', () => {
  for (const zone of ['UTC', 'Europe/Berlin', 'Asia/Kolkata']) expect(isTimeZone(zone)).toBe(true);
  for (const zone of ['', 'Mars/Base', '__proto__', 'x'.repeat(65), 'UTC\n', '../etc']) expect(isTimeZone(zone), zone).toBe(false);
});
