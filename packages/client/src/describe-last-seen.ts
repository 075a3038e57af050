import type { PresenceRecord } from '@porchlight/protocol';
import { ENGLISH, type Words } from './words.ts';

/*
 * The client's own phrase: what somebody is while there, else how long ago they were: "just now", "5 minutes ago", "3 hours ago", from a
 * day on by the calendar of the reader's time zone ("yesterday", "4 days ago"), and from a week on the date.
 */

/** What a phrase is made from. */
export type Described = Pick<PresenceRecord, 'status' | 'lastSeenAt'>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS_MAX = 7;
/** No day is longer, even one on which clocks are set back. */
const DAY_LONGEST_MS = 26 * HOUR_MS;

const formats = new Map<string, unknown>();

// Making a format costs about 50 µs, using one about 1 µs.
function cached<Format>(key: string, make: () => Format): Format {
  let format = formats.get(key) as Format | undefined;
  if (format === undefined) {
    if (formats.size >= 200) formats.clear();
    format = make();
    formats.set(key, format);
  }
  return format;
}

const relative = (locale: string | undefined) => cached(`r ${locale}`, () => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
const dateOf = (locale: string | undefined, timeZone: string | undefined) =>
  cached(`d ${locale} ${timeZone}`, () => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...(timeZone && { timeZone }) }));

/** Days since 1970-01-01 in the calendar of a time zone. */
function dayOf(at: number, timeZone: string | undefined): number {
  const [month = 1, day = 1, year = 1970] = cached(
    `n ${timeZone}`,
    () => new Intl.DateTimeFormat('en-US', { calendar: 'gregory', ...(timeZone && { timeZone }) }),
  )
    .format(at)
    .split('/')
    .map(Number);
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** The first millisecond of the next day, found by halving: no rule of any time zone has to be known. */
function nextDayAt(now: number, timeZone: string | undefined): number {
  const today = dayOf(now, timeZone);
  let before = now;
  let after = now + DAY_LONGEST_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayOf(middle, timeZone) > today) after = middle;
    else before = middle;
  }
  return after;
}

/**
 * Says when somebody was last seen, in the reader's language. `now` is epoch milliseconds of the server (`presence.now()`), `locale` a
 * BCP 47 tag, `timeZone` an IANA name; both default to the reader's own. `words` are those that `Intl` lacks, English if not given.
 * Throws RangeError for an unknown locale or time zone.
 */
export function describeLastSeen(
  { status, lastSeenAt }: Described,
  now: number,
  locale?: string,
  timeZone?: string,
  words: Words = ENGLISH,
): string {
  if (status !== 'offline' || lastSeenAt === null) return words[status];
  const elapsedMs = Math.max(0, now - lastSeenAt);
  if (elapsedMs < MINUTE_MS) return words.justNow;
  if (elapsedMs < HOUR_MS) return relative(locale).format(-Math.floor(elapsedMs / MINUTE_MS), 'minute');
  const days = elapsedMs < DAY_MS ? 0 : dayOf(now, timeZone) - dayOf(lastSeenAt, timeZone);
  if (days < 1) return relative(locale).format(-Math.floor(elapsedMs / HOUR_MS), 'hour');
  return days < DAYS_MAX ? relative(locale).format(-days, 'day') : dateOf(locale, timeZone).format(lastSeenAt);
}

/** Milliseconds from `now` until `describeLastSeen` of the same record says something else; Infinity when time alone never changes it. */
export function nextDescriptionMs({ status, lastSeenAt }: Described, now: number, timeZone?: string): number {
  if (status !== 'offline' || lastSeenAt === null) return Number.POSITIVE_INFINITY;
  if (now < lastSeenAt) return lastSeenAt + MINUTE_MS - now;
  const elapsedMs = now - lastSeenAt;
  if (elapsedMs < HOUR_MS) return MINUTE_MS - (elapsedMs % MINUTE_MS);
  const nextHourMs = HOUR_MS - (elapsedMs % HOUR_MS);
  if (elapsedMs < DAY_MS) return nextHourMs;
  const days = dayOf(now, timeZone) - dayOf(lastSeenAt, timeZone);
  if (days >= DAYS_MAX) return Number.POSITIVE_INFINITY;
  const nextDayMs = nextDayAt(now, timeZone) - now;
  return days < 1 ? Math.min(nextHourMs, nextDayMs) : nextDayMs;
}
