import { describeLastSeen, nextDescriptionMs, observeLabel } from '@porchlight/client';
import { useCallback, useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';

/** What somebody is, or when they were last seen, in words that change by themselves when they must. Empty until the server said. */
export function useLastSeen(id: string): string {
  const { presence, locale, timeZone, words, initial, initialNow } = usePresenceContext();
  const subscribe = useCallback(
    (listener: () => void) => observeLabel(presence, id, (record, now) => nextDescriptionMs(record, now, timeZone), listener),
    [presence, id, timeZone],
  );
  const get = () => {
    const record = presence.get(id);
    return record ? describeLastSeen(record, presence.now(), locale, timeZone, words) : '';
  };
  const getInitial = () => {
    const record = initial.get(id);
    return record && initialNow !== undefined ? describeLastSeen(record, initialNow, locale, timeZone, words) : '';
  };
  return useSyncExternalStore(subscribe, get, getInitial);
}
