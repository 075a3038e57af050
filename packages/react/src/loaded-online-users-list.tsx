import { createPoll, fetchOnline, type OnlineUser } from '@porchlight/client';
import { memo, type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { LIST, type OnlineUsersListProps } from './online-users-list.tsx';
import { usePresenceContext } from './presence-context.ts';
import { PresenceDot } from './presence-dot.tsx';
import { usePresences } from './use-presences.ts';

/** The list itself. */
export function LoadedOnlineUsersList({ limit = 50, renderUser = named, empty = null, className, label }: OnlineUsersListProps): ReactNode {
  const { presence } = usePresenceContext();
  const poll = useMemo(() => createPoll(presence, () => fetchOnline(presence, { limit })), [presence, limit]);
  const page = useSyncExternalStore(poll.subscribe, poll.get);
  const users = page?.users ?? [];
  const records = usePresences(users.map(({ id }) => id));
  const online = users.filter((_, index) => records[index]?.online !== false);
  if (page && online.length === 0) return empty;
  return (
    <ul className={className} aria-label={label} aria-busy={page === undefined} style={LIST}>
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
