/*
 * Phrases are made last: the wire and the stores hold times, and these pure functions make words of them where they are shown.
 * Two tables are fixed by existing clients: the long one of web apps with a "Last seen today at 14:30", and the short one with
 * "5m ago" and a coloured dot.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Beyond this a user is not "active" any more in the long phrases, and the dot of the short ones turns grey. */
export const RECENTLY_ACTIVE_MS = 5 * MINUTE_MS;

/** The colours of the short phrases: online, recently active, offline. */
export const STATUS_COLORS = { online: '#10b981', recent: '#f59e0b', offline: '#6b7280' } as const;

const formats = new Map<string, unknown>();

/** Remembers formats of `Intl` by name: making one costs about 50 µs, using one about 1 µs. */
export function rememberFormat<Format>(key: string, make: () => Format): Format {
  let format = formats.get(key) as Format | undefined;
  if (format === undefined) {
    if (formats.size >= 1_000) formats.clear();
    format = make();
    formats.set(key, format);
  }
  return format;
}

/** Says whether the runtime knows an IANA time zone. */
export function isTimeZone(timeZone: string): boolean {
  if (timeZone.length > 64) return false;
  try {
    rememberFormat(`day ${timeZone}`, () => makeDayFormat(timeZone));
    return true;
  } catch {
    return false;
  }
}

function makeDayFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
}

interface Day {
  /** DD/MM/YYYY */
  date: string;
  /** HH:MM */
  time: string;
  /** Days since 1970-01-01 in that zone's calendar. */
  number: number;
}

function dayOf(at: number, timeZone: string): Day {
  const parts = rememberFormat(`day ${timeZone}`, () => makeDayFormat(timeZone)).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  const [year, month, day] = [part('year'), part('month'), part('day')];
  return {
    date: `${day}/${month}/${year}`,
    time: `${part('hour')}:${part('minute')}`,
    number: Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS,
  };
}

const minutes = (count: number) => (count === 1 ? '1 minute' : `${count} minutes`);

/** What the long phrases are made from; times in epoch milliseconds. */
export interface LongPhraseFacts {
  /** Whether a connection or lease is open. */
  online: boolean;
  lastActiveAt: number | null;
  lastSeenAt: number | null;
}

/**
 * The long phrase: `online`, `Active 3 minutes ago`, `Last seen 20 minutes ago`, `Last seen today at 14:30`, `Last seen yesterday at
 * 09:05`, `Last seen on 24/12/2025 at 18:00`, `Offline`.
 */
export function longPhrase(facts: LongPhraseFacts, now: number, timeZone = 'UTC'): string {
  const activeMs = facts.lastActiveAt === null ? Number.POSITIVE_INFINITY : Math.max(0, now - facts.lastActiveAt);
  if (facts.online && (facts.lastActiveAt === null || activeMs < RECENTLY_ACTIVE_MS)) return 'online';
  if (!facts.online && activeMs < RECENTLY_ACTIVE_MS) {
    const count = Math.floor(activeMs / MINUTE_MS);
    return count === 0 ? 'Active just now' : `Active ${minutes(count)} ago`;
  }
  // The words are about the person: an open but idle page proves a browser, not somebody in front of it.
  const seenAt = facts.lastActiveAt ?? facts.lastSeenAt;
  if (seenAt === null) return 'Offline';
  const elapsedMs = Math.max(0, now - seenAt);
  if (elapsedMs < HOUR_MS) return `Last seen ${minutes(Math.floor(elapsedMs / MINUTE_MS))} ago`;
  const seen = dayOf(seenAt, timeZone);
  const today = dayOf(now, timeZone).number;
  if (seen.number === today) return `Last seen today at ${seen.time}`;
  if (seen.number === today - 1) return `Last seen yesterday at ${seen.time}`;
  return `Last seen on ${seen.date} at ${seen.time}`;
}

/**
 * The short phrase: `online` under 30 s, then `1m ago`, `2h ago`, `yesterday`, `3d ago`, `2w ago`, and from 30 days on the date in
 * the reader's locale. Null reads `offline`.
 */
export function shortPhrase(lastSeenAt: number | null, now: number, locale?: string, timeZone?: string): string {
  if (lastSeenAt === null) return 'offline';
  const elapsedMs = Math.max(0, now - lastSeenAt);
  if (elapsedMs < 30 * SECOND_MS) return 'online';
  if (elapsedMs < HOUR_MS) return `${Math.max(1, Math.floor(elapsedMs / MINUTE_MS))}m ago`;
  if (elapsedMs < DAY_MS) return `${Math.floor(elapsedMs / HOUR_MS)}h ago`;
  const days = Math.floor(elapsedMs / DAY_MS);
  if (days === 1) return 'yesterday';
  if (days < 7) return `${days}d ago`;
  if (days < 30) return `${Math.floor(days / 7)}w ago`;
  const key = `date ${locale ?? ''} ${timeZone ?? ''}`;
  return rememberFormat(key, () => new Intl.DateTimeFormat(locale, timeZone === undefined ? {} : { timeZone })).format(lastSeenAt);
}

/** The colour of the dot beside the short phrase. */
export function statusColor(lastSeenAt: number | null, now: number): string {
  if (lastSeenAt === null) return STATUS_COLORS.offline;
  const elapsedMs = Math.max(0, now - lastSeenAt);
  if (elapsedMs < 30 * SECOND_MS) return STATUS_COLORS.online;
  return elapsedMs < RECENTLY_ACTIVE_MS ? STATUS_COLORS.recent : STATUS_COLORS.offline;
}

/**
 * The milliseconds from `now` until `shortPhrase` or `statusColor` of the same time next changes; Infinity when they never will.
 * One timer a page is enough for any number of labels.
 */
export function nextPhraseChangeMs(lastSeenAt: number | null, now: number): number {
  if (lastSeenAt === null) return Number.POSITIVE_INFINITY;
  const elapsedMs = Math.max(0, now - lastSeenAt);
  const untilMultiple = (unitMs: number) => unitMs - (elapsedMs % unitMs);
  if (elapsedMs < 30 * SECOND_MS) return 30 * SECOND_MS - elapsedMs;
  if (elapsedMs < 2 * MINUTE_MS) return 2 * MINUTE_MS - elapsedMs;
  if (elapsedMs < HOUR_MS) return untilMultiple(MINUTE_MS);
  if (elapsedMs < DAY_MS) return untilMultiple(HOUR_MS);
  if (elapsedMs < 30 * DAY_MS) return untilMultiple(DAY_MS);
  return Number.POSITIVE_INFINITY;
}
