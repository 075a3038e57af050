import { createPoll, fetchOnline, type OnlineUser } from '@porchlight/client';
import { memo, type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';
import { PresenceDot } from './presence-dot.tsx';
import { usePresences } from './use-presences.ts';

export interface OnlineUsersListProps {
  /** How many at most. Default 50. */
  limit?: number;
  /** Shows one person; by default a dot and the name. */
  renderUser?: (user: OnlineUser) => ReactNode;
  /** Shown when nobody is online. */
  empty?: ReactNode;
  className?: string;
  /** What the list is called when it is read aloud. */
  label?: string;
}

/** The people whom this user may see online: read again every 30 s, and whoever goes offline leaves at once. */
export function OnlineUsersList({ limit = 50, renderUser = named, empty = null, className, label }: OnlineUsersListProps): ReactNode {
  const { presence } = usePresenceContext();
  const poll = useMemo(() => createPoll(presence, () => fetchOnline(presence, { limit })), [presence, limit]);
  const page = useSyncExternalStore(poll.subscribe, poll.get, () => undefined);
  const users = page?.users ?? [];
  const records = usePresences(users.map(({ id }) => id));
  const online = users.filter((_, index) => records[index]?.online !== false);
  if (page && online.length === 0) return empty;
  return (
    <ul className={className} aria-label={label} aria-busy={page === undefined} style={{ listStyle: 'none', padding: 0, margin: 0 }}>
      {online.map((user) => (
        <Row key={user.id} user={user} renderUser={renderUser} />
      ))}
    </ul>
  );
}

const Row = memo(function Row({ user, renderUser }: { user: OnlineUser; renderUser: (user: OnlineUser) => ReactNode }) {
  return <li>{renderUser(user)}</li>;
});

const named = ({ id, profile }: OnlineUser) => (
  <>
    <PresenceDot userId={id} /> {profile?.name ?? id}
  </>
);
