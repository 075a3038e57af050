import { AvatarWithPresence, useLastSeen, usePresence } from '@porchlight/react';
import { type FormEvent, useState } from 'react';
import type { Person } from './people.ts';

/** A chat's header, and its messages. Porchlight carries presence, not messages: these stay on this page. */
export function Conversation({ me, person }: { me: Person; person: Person }) {
  const [sent, setSent] = useState<readonly string[]>([]);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get('text')).trim();
    if (text !== '') setSent([...sent, text]);
    form.reset();
  };
  return (
    <section className="conversation panel" aria-label={`Chat with ${person.name}`}>
      <ChatHeader person={person} />
      <ol className="messages" aria-label="Messages">
        <li className="theirs">Hello {me.name.split(' ')[0]}! Is somebody in?</li>
        {sent.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages are only ever added at the end.
          <li key={index} className="mine">
            {text}
          </li>
        ))}
      </ol>
      <form className="composer" onSubmit={send}>
        <input name="text" aria-label={`Message to ${person.name}`} placeholder="Write something …" autoComplete="off" maxLength={500} />
        <button type="submit">Send</button>
      </form>
    </section>
  );
}

function ChatHeader({ person }: { person: Person }) {
  const online = usePresence(person.id)?.online;
  const words = useLastSeen(person.id);
  return (
    <header className="chat-header">
      <AvatarWithPresence userId={person.id} name={person.name} />
      <div>
        <h2>{person.name}</h2>
        <p className="seen" data-header-of={person.id}>
          {online === false && words !== 'offline' ? `last seen ${words}` : words}
        </p>
      </div>
    </header>
  );
}
