import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Described, describeLastSeen, nextDescriptionMs } from './describe-last-seen.ts';
import { ENGLISH } from './words.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 2, 18, 15, 30);

const offline = (lastSeenAt: number | null): Described => ({ status: 'offline', lastSeenAt });
const say = (elapsedMs: number, locale = 'en', timeZone = 'UTC') => describeLastSeen(offline(NOW - elapsedMs), NOW, locale, timeZone);

test('says what somebody is while there, and offline for never', () => {
  for (const status of ['online', 'away', 'busy', 'dnd'] as const)
    expect(describeLastSeen({ status, lastSeenAt: NOW - DAY }, NOW, 'en')).toBe(ENGLISH[status]);
  expect(describeLastSeen(offline(null), NOW, 'en')).toBe('offline');
  expect(describeLastSeen({ status: 'away', lastSeenAt: NOW }, NOW, 'de', 'UTC', { ...ENGLISH, away: 'abwesend' })).toBe('abwesend');
});

test.each([
  [-5 * MINUTE, 'just now'],
  [0, 'just now'],
  [MINUTE - 1, 'just now'],
  [MINUTE, '1 minute ago'],
  [HOUR - 1, '59 minutes ago'],
  [HOUR, '1 hour ago'],
  [DAY - 1, '23 hours ago'],
  [DAY, 'yesterday'],
  [6 * DAY, '6 days ago'],
  [7 * DAY, 'Mar 11, 2026'],
])('after %i ms: %s', (elapsedMs, text) => {
  expect(say(elapsedMs)).toBe(text);
});

describe('six locales', () => {
  test.each([
    ['en-GB', ['5 minutes ago', '3 hours ago', 'yesterday', '8 Mar 2026']],
    ['de', ['vor 5 Minuten', 'vor 3 Stunden', 'gestern', '08.03.2026']],
    ['fr', ['il y a 5 minutes', 'il y a 3 heures', 'hier', '8 mars 2026']],
    ['ja', ['5 分前', '3 時間前', '昨日', '2026/03/08']],
    ['ar-EG', ['قبل ٥ دقائق', 'قبل ٣ ساعات', 'أمس', '٠٨‏/٠٣‏/٢٠٢٦']],
    ['pl', ['5 minut temu', '3 godziny temu', 'wczoraj', '8 mar 2026']],
  ])('%s', (locale, texts) => {
    expect([5 * MINUTE, 3 * HOUR, DAY, 10 * DAY].map((elapsedMs) => say(elapsedMs, locale))).toEqual(texts);
  });
});

describe('the calendar is that of the time zone', () => {
  // 23:30 in New York, 12:30 of the next day in Tokyo.
  const seenAt = Date.UTC(2026, 2, 17, 3, 30);
  test.each([
    ['America/New_York', Date.UTC(2026, 2, 18, 3, 59), 'yesterday'],
    ['America/New_York', Date.UTC(2026, 2, 18, 4, 0), '2 days ago'],
    ['Asia/Tokyo', Date.UTC(2026, 2, 18, 14, 59), 'yesterday'],
    ['Asia/Tokyo', Date.UTC(2026, 2, 18, 15, 0), '2 days ago'],
    ['Asia/Kathmandu', Date.UTC(2026, 2, 18, 18, 14), 'yesterday'],
    ['Asia/Kathmandu', Date.UTC(2026, 2, 18, 18, 15), '2 days ago'],
  ])('%s', (timeZone, now, text) => {
    expect(describeLastSeen(offline(seenAt), now, 'en', timeZone)).toBe(text);
  });

  test('a day of 25 hours is one day', () => {
    // Clocks in Berlin went back on 2026-10-25 at 03:00.
    const early = Date.UTC(2026, 9, 24, 22, 10);
    expect(describeLastSeen(offline(early), early + 24 * HOUR + 30 * MINUTE, 'en', 'Europe/Berlin')).toBe('24 hours ago');
    expect(describeLastSeen(offline(early), early + 25 * HOUR, 'en', 'Europe/Berlin')).toBe('yesterday');
  });
});

describe('[I6c] [S8.4] what is known only within a range is said by the dates between which it lies', () => {
  const within = (days: number, startAt = Date.UTC(2026, 2, 17)): Described => ({
    ...offline(startAt),
    lastSeenWithinMs: days * DAY,
  });
  test.each([
    ['en', 'UTC', within(2), 'Mar 17 – 18, 2026'],
    ['en', 'UTC', within(1), 'Mar 17, 2026'],
    ['de', 'UTC', within(2), '17.–18.03.2026'],
    ['ja', 'UTC', within(1), '2026/03/17'],
    // The day is that of the server; there it begins in the evening before.
    ['en', 'America/New_York', within(1), 'Mar 16 – 17, 2026'],
    // What is to come is left out: in Tokyo the range ends on the nineteenth.
    ['en', 'Asia/Tokyo', within(2), 'Mar 17 – 19, 2026'],
    ['en', 'Asia/Kolkata', within(2), 'Mar 17 – 18, 2026'],
    ['en', 'UTC', within(1 / 24), 'Mar 17, 2026'],
    ['en', 'UTC', within(2, NOW + DAY), 'Mar 18, 2026'],
  ])('%s, %s', (locale, timeZone, record, text) => {
    expect(describeLastSeen(record, NOW, locale, timeZone).replaceAll('\u2009', ' ')).toBe(text);
  });

  test('it is looked at again each day, for the range may include the next', () => {
    expect(nextDescriptionMs(within(2), NOW, 'UTC')).toBe(8.5 * HOUR);
  });
});

test('throws for a time zone that there is not', () => {
  expect(() => say(10 * DAY, 'en', 'Mars/Olympus')).toThrow(RangeError);
});

test('the next change is exactly when the words change, in any time zone', () => {
  const zones = ['UTC', 'America/New_York', 'Asia/Kathmandu', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Apia'];
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 8 * DAY }),
      fc.integer({ min: 0, max: 400 * DAY }),
      fc.constantFrom(...zones),
      (elapsedMs, at, zone) => {
        const record = offline(NOW + at - elapsedMs);
        const text = (now: number) => describeLastSeen(record, now, 'en', zone);
        const now = NOW + at;
        const nextMs = nextDescriptionMs(record, now, zone);
        if (nextMs === Number.POSITIVE_INFINITY) return text(now + 30 * DAY) === text(now);
        return nextMs > 0 && text(now + nextMs - 1) === text(now) && text(now + nextMs) !== text(now);
      },
    ),
    { numRuns: 300 },
  );
});

test('what time does not change has no next change', () => {
  expect(nextDescriptionMs({ status: 'online', lastSeenAt: NOW }, NOW)).toBe(Number.POSITIVE_INFINITY);
  expect(nextDescriptionMs(offline(null), NOW)).toBe(Number.POSITIVE_INFINITY);
  expect(nextDescriptionMs(offline(NOW - 8 * DAY), NOW, 'UTC')).toBe(Number.POSITIVE_INFINITY);
  expect(nextDescriptionMs(offline(NOW + HOUR), NOW, 'UTC')).toBe(HOUR + MINUTE);
});
