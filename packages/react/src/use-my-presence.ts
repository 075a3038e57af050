import type { Presence, PresenceRecord } from '@porchlight/client';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';

/** One's own presence, and what can be done about it. */
export interface MyPresence extends Pick<Presence, 'setStatus' | 'setActivity' | 'signOut'> {
  /** Undefined until the server said. */
  userId: string | undefined;
  presence: PresenceRecord | undefined;
}

/** Watches oneself, as others would see it if they may see everything. The functions stay the same. */
export function useMyPresence(): MyPresence {
  const { presence } = usePresenceContext();
  const subscribe = useCallback((listener: () => void) => presence.subscribe(listener), [presence]);
  const userId = useSyncExternalStore(
    subscribe,
    () => presence.userId,
    () => undefined,
  );
  const watch = useCallback(
    (listener: () => void) => (userId === undefined ? () => {} : presence.watch([userId], listener)),
    [presence, userId],
  );
  const mine = useSyncExternalStore(
    watch,
    () => (userId === undefined ? undefined : presence.get(userId)),
    () => undefined,
  );
  const actions = useMemo<Pick<MyPresence, 'setStatus' | 'setActivity' | 'signOut'>>(
    () => ({
      setStatus: (...status) => presence.setStatus(...status),
      setActivity: (activity) => presence.setActivity(activity),
      signOut: () => presence.signOut(),
    }),
    [presence],
  );
  return { userId, presence: mine, ...actions };
}
