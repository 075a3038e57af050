import { AvatarWithPresence, UserStatus, usePresence } from '@porchlight/react';
import type { Person } from './people.ts';

export function ProfileCard({ person }: { person: Person }) {
  const { text, platforms = [] } = usePresence(person.id) ?? {};
  return (
    <section className="profile panel" aria-labelledby="profile-title">
      <AvatarWithPresence userId={person.id} name={person.name} size="lg" />
      <h2 id="profile-title">{person.name}</h2>
      <UserStatus userId={person.id} size="lg" className="seen" />
      {text !== undefined && <p className="own-words">“{text}”</p>}
      <p>{person.about}</p>
      {platforms.length > 0 && <p className="faint">On {platforms.join(', ')}</p>}
      <a href={`?as=${person.id}`} target="_blank" rel="noopener">
        Open a window as {person.name.split(' ')[0]}
      </a>
    </section>
  );
}
