import { useState } from 'react';
import { ConnectionNotice } from './connection-notice.tsx';
import { Contacts } from './contacts.tsx';
import { Conversation } from './conversation.tsx';
import { MyStatus } from './my-status.tsx';
import { PEOPLE, type Person } from './people.ts';
import { PeopleOnline } from './people-online.tsx';
import { ProfileCard } from './profile-card.tsx';

export function Chat({ me }: { me: Person }) {
  const contacts = PEOPLE.filter(({ id }) => id !== me.id);
  const [chosenId, choose] = useState(contacts[0]?.id);
  const chosen = contacts.find(({ id }) => id === chosenId) ?? (contacts[0] as Person);
  return (
    <div className="app">
      <header className="top">
        <h1>
          Porchlight <em>chat</em>
        </h1>
        <ConnectionNotice />
        <MyStatus me={me} />
      </header>
      <main className="columns">
        <Contacts people={contacts} chosenId={chosen.id} onChoose={choose} />
        <Conversation key={chosen.id} me={me} person={chosen} />
        <aside className="side" aria-label="About people">
          <ProfileCard person={chosen} />
          <PeopleOnline />
        </aside>
      </main>
    </div>
  );
}
