import type { PresenceRecord } from '@porchlight/client';
import { useCallback, useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';

/** Watches somebody. Undefined until the server said; renders again only when this user changed. */
export function usePresence(id: string): PresenceRecord | undefined {
  const { presence, initial } = usePresenceContext();
  const subscribe = useCallback((listener: () => void) => presence.watch([id], listener), [presence, id]);
  return useSyncExternalStore(
    subscribe,
    () => presence.get(id),
    () => initial.get(id),
  );
}
