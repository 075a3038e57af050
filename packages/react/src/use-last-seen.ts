import { describeLastSeen, nextDescriptionMs, observeLabel, type PresenceRecord } from '@porchlight/client';
import { useCallback, useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';

/** What somebody is, or when they were last seen, in words that change by themselves when they must. Empty until the server said. */
export function useLastSeen(id: string): string {
  const { presence, locale, timeZone, words, initial, initialNow } = usePresenceContext();
  const subscribe = useCallback(
    (listener: () => void) => observeLabel(presence, id, (record, now) => nextDescriptionMs(record, now, timeZone), listener),
    [presence, id, timeZone],
  );
  const say = (record: PresenceRecord | undefined, now: number | undefined) =>
    record && now !== undefined ? describeLastSeen(record, now, locale, timeZone, words) : '';
  return useSyncExternalStore(
    subscribe,
    () => say(presence.get(id), presence.now()),
    () => say(initial.get(id), initialNow),
  );
}
