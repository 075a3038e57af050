import { AvatarWithPresence, UserStatus, usePresences } from '@porchlight/react';
import { memo, useState } from 'react';
import type { Person } from './people.ts';

interface ContactsProps {
  people: readonly Person[];
  chosenId: string;
  onChoose: (id: string) => void;
}

/** Everybody in the address book, or only who is online. */
export function Contacts({ people, chosenId, onChoose }: ContactsProps) {
  const [onlineOnly, setOnlineOnly] = useState(false);
  const records = usePresences(people.map(({ id }) => id));
  const shown = onlineOnly ? people.filter((_, index) => records[index]?.online) : people;
  return (
    <nav className="contacts panel" aria-labelledby="contacts-title">
      <div className="bar">
        <h2 id="contacts-title">Contacts</h2>
        <label className="check">
          <input type="checkbox" checked={onlineOnly} onChange={({ target }) => setOnlineOnly(target.checked)} /> Online only
        </label>
      </div>
      {shown.length === 0 && <p className="empty">Nobody is home. Open this page as somebody else, and a light goes on.</p>}
      <ul>
        {shown.map((person) => (
          <Contact key={person.id} person={person} chosen={person.id === chosenId} onChoose={onChoose} />
        ))}
      </ul>
    </nav>
  );
}

const Contact = memo(function Contact({ person, chosen, onChoose }: { person: Person; chosen: boolean; onChoose: (id: string) => void }) {
  return (
    <li data-user={person.id}>
      <button type="button" className="contact" aria-current={chosen} onClick={() => onChoose(person.id)}>
        <AvatarWithPresence userId={person.id} name={person.name} />
        <span className="who">
          <b>{person.name}</b>
          <UserStatus userId={person.id} showDot={false} className="seen" />
        </span>
      </button>
    </li>
  );
});
