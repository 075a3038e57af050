import { OnlineUsersList, UserStatus, useOnlineCount } from '@porchlight/react';

/** Whoever is online, in the address book or not. */
export function PeopleOnline() {
  const count = useOnlineCount();
  return (
    <section className="online panel" aria-labelledby="online-title">
      <div className="bar">
        <h2 id="online-title">People online</h2>
        {count !== undefined && <span className="count">{count}</span>}
      </div>
      <OnlineUsersList
        label="People online"
        empty={<p className="empty">The street is dark.</p>}
        renderUser={({ id, profile }) => (
          <span className="online-row">
            {profile?.name ?? id} <UserStatus userId={id} size="sm" className="seen" />
          </span>
        )}
      />
    </section>
  );
}
