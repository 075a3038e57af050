import { observeTime, type Presence, type PresenceRecord } from '@porchlight/client';

/** A status as the user contexts of existing apps have it. */
export interface UserStatusEntry {
  status: 'online' | 'offline';
  /** Of somebody who is online, now: so that a component that only knows this time says `online` too. Null for never. */
  lastSeen: Date | null;
}

export const UNKNOWN_STATUS: UserStatusEntry = Object.freeze({ status: 'offline', lastSeen: null });

/** Within this time "now" has to be told anew: after 30 s such components say that somebody was there a minute ago. */
const REFRESH_MS = 25_000;

type Statuses = Readonly<Record<string, UserStatusEntry>>;
const NOBODY: Statuses = Object.freeze({});

/** All records as such statuses; the same object until one of them changes. */
export function createUserStatuses(presence: Presence) {
  const asked = new Set<string>();
  const watched = new Map<string, () => void>();
  let all: ReadonlyMap<string, PresenceRecord> | undefined;
  let statuses = NOBODY;

  return {
    ask: (id: string) => void asked.add(id),
    watchAsked() {
      for (const id of asked) if (!watched.has(id)) watched.set(id, presence.watch([id]));
    },
    stop() {
      for (const unwatch of watched.values()) unwatch();
      watched.clear();
    },
    subscribe(listener: () => void) {
      const unsubscribe = presence.subscribe(listener);
      const stop = observeTime(
        presence,
        () => REFRESH_MS,
        () => {
          all = undefined;
          listener();
        },
      );
      return () => {
        unsubscribe();
        stop();
      };
    },
    get(): Statuses {
      if (all !== presence.all()) {
        all = presence.all();
        statuses = Object.fromEntries([...all].map(([id, record]) => [id, statusOf(record, presence.now())]));
      }
      return statuses;
    },
    getInitial: () => NOBODY,
  };
}

function statusOf({ online, lastSeenAt }: PresenceRecord, now: number): UserStatusEntry {
  if (online) return { status: 'online', lastSeen: new Date(now) };
  return { status: 'offline', lastSeen: lastSeenAt === null ? null : new Date(lastSeenAt) };
}
