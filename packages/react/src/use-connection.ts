import type { ConnectionState } from '@porchlight/client';
import { useCallback, useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';

const CLOSED: ConnectionState = { name: 'closed' };

/** How the link to the server is. */
export function useConnection(): ConnectionState {
  const { presence } = usePresenceContext();
  const subscribe = useCallback((listener: () => void) => presence.subscribe(listener), [presence]);
  return useSyncExternalStore(
    subscribe,
    () => presence.connection,
    () => CLOSED,
  );
}
