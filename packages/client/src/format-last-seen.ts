import { nextPhraseChangeMs, shortPhrase, statusColor } from '@porchlight/protocol';
import { systemNow } from './clock.ts';

/*
 * Drop-in functions for apps that have "5m ago" and a coloured dot already. Give them the server's time (`presence.now()`) where there is
 * a connection: without it they trust this machine's clock.
 */

/** A time as apps have it: a Date, an ISO 8601 string, epoch milliseconds, or nothing for never. */
export type LastSeen = Date | string | number | null | undefined;

/** Epoch milliseconds; null for never and for what is no time. */
export function lastSeenAtOf(lastSeen: LastSeen): number | null {
  if (lastSeen == null) return null;
  const at = new Date(lastSeen).getTime();
  return Number.isNaN(at) ? null : at;
}

/** `online` under 30 s, then `5m ago`, `2h ago`, `yesterday`, `3d ago`, `2w ago`, from 30 days on the date; `offline` for never. */
export function formatLastSeen(lastSeen: LastSeen, now = systemNow(), locale?: string, timeZone?: string): string {
  return shortPhrase(lastSeenAtOf(lastSeen), now, locale, timeZone);
}

/** Green `#10b981` under 30 s, amber `#f59e0b` under 5 min, else grey `#6b7280`. */
export function getStatusColor(lastSeen: LastSeen, now = systemNow()): string {
  return statusColor(lastSeenAtOf(lastSeen), now);
}

/** Whether the short phrase reads `online`. */
export function isUserOnline(lastSeen: LastSeen, now = systemNow()): boolean {
  return formatLastSeen(lastSeen, now) === 'online';
}

/** Milliseconds from `now` until the phrase or the colour of this time changes; Infinity when they never will. */
export function nextFormatMs(lastSeen: LastSeen, now: number): number {
  return nextPhraseChangeMs(lastSeenAtOf(lastSeen), now);
}
