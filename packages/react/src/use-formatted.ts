import {
  createSystemClock,
  formatLastSeen,
  getStatusColor,
  type LastSeen,
  lastSeenAtOf,
  localTimekeeper,
  nextFormatMs,
  observeTime,
  type Timekeeper,
} from '@porchlight/client';
import { useCallback, useSyncExternalStore } from 'react';
import { useSurroundings } from './presence-context.ts';

let local: Timekeeper | undefined;

// Without a provider there is only this machine's clock; one timer serves all labels then, too.
const localTime = () => (local ??= localTimekeeper(createSystemClock()));

/** The short phrase and the colour for a time that the app has itself, kept right by one timer. */
export function useFormatted(lastSeen: LastSeen): { text: string; color: string } {
  const { presence, locale, timeZone, initialNow } = useSurroundings();
  const time = presence ?? localTime();
  const at = lastSeenAtOf(lastSeen);
  const subscribe = useCallback((listener: () => void) => observeTime(time, (now) => nextFormatMs(at, now), listener), [time, at]);
  // One string, for a snapshot must be the same value while it says the same; every colour has seven characters.
  const say = (now: number) => getStatusColor(at, now) + formatLastSeen(at, now, locale, timeZone);
  const said = useSyncExternalStore(
    subscribe,
    () => say(time.now()),
    () => (initialNow === undefined ? getStatusColor(null) : say(initialNow)),
  );
  return { color: said.slice(0, 7), text: said.slice(7) };
}
