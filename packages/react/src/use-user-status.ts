import { observeTime, type PresenceRecord } from '@porchlight/client';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useOfClient, usePresenceContext } from './presence-context.ts';
import { usePresences } from './use-presences.ts';

/** A status as the user contexts of existing apps have it. */
export interface UserStatusEntry {
  status: 'online' | 'offline';
  /** Of somebody who is online, now: so that a component that only knows this time says `online` too. Null for never. */
  lastSeen: Date | null;
}

export interface UserStatusContext {
  /** The status of somebody, who is watched from then on; offline until the server said. */
  getUserStatus(userId: string | number): UserStatusEntry;
  /** Everybody who is known, by id. */
  userStatuses: Readonly<Record<string, UserStatusEntry>>;
}

const UNKNOWN: UserStatusEntry = { status: 'offline', lastSeen: null };
const NOBODY: ReadonlyMap<string, PresenceRecord> = new Map();
/** Within this time "now" has to be told anew: after 30 s such components say that somebody was there a minute ago. */
const REFRESH_MS = 25_000;

/**
 * For components that come from a user context with `getUserStatus` and `userStatuses`. Renders again when anybody changes: new components
 * are better served by `usePresence`.
 */
export function useUserStatus(): UserStatusContext {
  const { presence } = usePresenceContext();
  const all = useOfClient((client) => client.all(), NOBODY);
  const [now, setNow] = useState(0);
  useEffect(
    () =>
      observeTime(
        presence,
        () => REFRESH_MS,
        () => setNow(presence.now()),
      ),
    [presence],
  );
  const asked = useRef(new Set<string>()).current;
  const [watched, setWatched] = useState<readonly string[]>([]);
  usePresences(watched);
  // Whom a render asked for is watched after it: rendering itself has no effects.
  useEffect(() => {
    if (asked.size > watched.length) setWatched([...asked]);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: as time goes by, "now" is told anew.
  const userStatuses = useMemo(
    () => Object.fromEntries([...all].map(([id, record]) => [id, statusOf(record, presence.now())])),
    [all, presence, now],
  );
  return {
    userStatuses,
    getUserStatus(userId) {
      const id = String(userId);
      asked.add(id);
      return userStatuses[id] ?? UNKNOWN;
    },
  };
}

function statusOf({ online, lastSeenAt }: PresenceRecord, now: number): UserStatusEntry {
  const at = online ? now : lastSeenAt;
  return { status: online ? 'online' : 'offline', lastSeen: at === null ? null : new Date(at) };
}
