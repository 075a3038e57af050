import { type PresenceRecord, rememberFormat } from '@porchlight/protocol';
import { ENGLISH, type Words } from './words.ts';

/*
 * The client's own phrase: what somebody is while there, else how long ago they were: "just now", "5 minutes ago", "3 hours ago", from a
 * day on by the calendar of the reader's time zone ("yesterday", "4 days ago"), and from a week on the date.
 */

/** What a phrase is made from. */
export type Described = Pick<PresenceRecord, 'status' | 'lastSeenAt' | 'lastSeenWithinMs'>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS_MAX = 7;
/** Twice this is 37 hours, and no day is longer, even one on which clocks are set back. */
const HALF_SEARCHED_MS = 2 ** 26;

const relative = (locale: string | undefined) =>
  rememberFormat(`relative ${locale}`, () => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
const dateOf = (locale: string | undefined, timeZone: string | undefined) =>
  rememberFormat(`medium ${locale} ${timeZone}`, () => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone }));

/** Days since 1970-01-01 in the calendar of a time zone. Swedish writes dates as ISO 8601 does, and those are read as UTC. */
const dayOf = (at: number, timeZone: string | undefined): number =>
  Date.parse(rememberFormat(`day of ${timeZone}`, () => new Intl.DateTimeFormat('sv', { timeZone })).format(at)) / DAY_MS;

/** The first millisecond of the next day, found by halving: no rule of any time zone has to be known. */
function nextDayAt(now: number, timeZone: string | undefined): number {
  const today = dayOf(now, timeZone);
  let last = now;
  for (let ms = HALF_SEARCHED_MS; ms >= 1; ms /= 2) if (dayOf(last + ms, timeZone) === today) last += ms;
  return last + 1;
}

/**
 * How long ago, as it is said: a count of units, or no unit where the date is said instead. Nothing of somebody of whom no time is said;
 * less than a day of one that is known only within a range, which is said in dates that change by the day.
 */
function agoOf(
  { status, lastSeenAt, lastSeenWithinMs }: Described,
  now: number,
  timeZone: string | undefined,
): [count?: number, unit?: 'minute' | 'hour' | 'day'] {
  if (status !== 'offline' || lastSeenAt === null) return [];
  if (lastSeenWithinMs) return [-1, 'day'];
  const elapsedMs = Math.max(0, now - lastSeenAt);
  if (elapsedMs < HOUR_MS) return [Math.floor(elapsedMs / MINUTE_MS), 'minute'];
  const days = elapsedMs < DAY_MS ? 0 : dayOf(now, timeZone) - dayOf(lastSeenAt, timeZone);
  if (days < 1) return [Math.floor(elapsedMs / HOUR_MS), 'hour'];
  return days < DAYS_MAX ? [days, 'day'] : [days];
}

/**
 * Says when somebody was last seen, in the reader's language; of a time that is known only within a range, the dates between which it lies.
 * `now` is epoch milliseconds of the server (`presence.now()`), `locale` a BCP 47 tag, `timeZone` an IANA name; both default to the reader's
 * own. `words` are those that `Intl` lacks, English if not given. Throws RangeError for an unknown locale or time zone.
 */
export function describeLastSeen(record: Described, now: number, locale?: string, timeZone?: string, words: Words = ENGLISH): string {
  const [count, unit] = agoOf(record, now, timeZone);
  if (count === undefined) return words[record.status];
  if (unit && count >= 0) return count === 0 ? words.justNow : relative(locale).format(-count, unit);
  const { lastSeenAt, lastSeenWithinMs = 1 } = record as PresenceRecord & { lastSeenAt: number };
  // What is still to come of the range is no last seen.
  return dateOf(locale, timeZone).formatRange(Math.min(now, lastSeenAt), Math.min(now, lastSeenAt + lastSeenWithinMs - 1));
}

/** Milliseconds from `now` until `describeLastSeen` of the same record may say something else; Infinity when time alone never changes it. */
export function nextDescriptionMs(record: Described, now: number, timeZone?: string): number {
  const [count, unit] = agoOf(record, now, timeZone);
  if (!unit) return Number.POSITIVE_INFINITY;
  const nextDayMs = () => nextDayAt(now, timeZone) - now;
  if (unit === 'day') return nextDayMs();
  const lastSeenAt = record.lastSeenAt as number;
  const nextUnitMs = lastSeenAt + ((count as number) + 1) * (unit === 'minute' ? MINUTE_MS : HOUR_MS) - now;
  // On a day of 25 hours, "24 hours ago" may be today.
  return now - lastSeenAt < DAY_MS ? nextUnitMs : Math.min(nextUnitMs, nextDayMs());
}
