import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';
import { createUserStatuses, UNKNOWN_STATUS, type UserStatusEntry } from './user-statuses.ts';

export interface UserStatusContext {
  /** The status of somebody, who is watched from then on; offline until the server said. */
  getUserStatus(userId: string | number): UserStatusEntry;
  /** Everybody who is known, by id. */
  userStatuses: Readonly<Record<string, UserStatusEntry>>;
}

/**
 * For components that come from a user context with `getUserStatus` and `userStatuses`. Renders again when anybody changes: new components
 * are better served by `usePresence`.
 */
export function useUserStatus(): UserStatusContext {
  const { presence } = usePresenceContext();
  const statuses = useMemo(() => createUserStatuses(presence), [presence]);
  const userStatuses = useSyncExternalStore(statuses.subscribe, statuses.get, statuses.getInitial);
  // Whom a render asked for is watched after it: rendering itself has no effects.
  useEffect(() => statuses.watchAsked());
  useEffect(() => statuses.stop, [statuses]);
  return {
    userStatuses,
    getUserStatus(userId) {
      const id = String(userId);
      statuses.ask(id);
      return userStatuses[id] ?? UNKNOWN_STATUS;
    },
  };
}
