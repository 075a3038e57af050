import { AvatarWithPresence, useMyPresence } from '@porchlight/react';
import { type ChangeEvent, useState } from 'react';
import type { Person } from './people.ts';

const CHOICES = [
  ['auto', 'Available'],
  ['busy', 'Busy'],
  ['dnd', 'Do not disturb'],
  ['invisible', 'Invisible'],
] as const;

/** Who I am in this window, and what I want to be shown as. */
export function MyStatus({ me }: { me: Person }) {
  const { setStatus } = useMyPresence();
  const [failure, setFailure] = useState('');
  const change = ({ target }: ChangeEvent<HTMLSelectElement>) => {
    const availability = CHOICES.find(([choice]) => choice === target.value)?.[0] ?? 'auto';
    setFailure('');
    setStatus(availability).catch((error: Error) => setFailure(error.message));
  };
  return (
    <div className="me">
      <AvatarWithPresence userId={me.id} name={me.name} />
      <label>
        <span>{me.name}</span>
        <select onChange={change} defaultValue="auto">
          {CHOICES.map(([choice, words]) => (
            <option key={choice} value={choice}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {failure !== '' && <p role="alert">{failure}</p>}
    </div>
  );
}
