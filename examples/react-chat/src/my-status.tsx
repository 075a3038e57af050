import { AvatarWithPresence, useMyPresence } from '@porchlight/react';
import { type ChangeEvent, useState } from 'react';
import type { Person } from './people.ts';

const CHOICES = [
  ['auto', 'Available'],
  ['busy', 'Busy'],
  ['dnd', 'Do not disturb'],
  ['invisible', 'Invisible'],
] as const;

type Choice = (typeof CHOICES)[number][0];

const choiceOf = (value: string | undefined): Choice => CHOICES.find(([choice]) => choice === value)?.[0] ?? 'auto';

/** Who I am in this window, and what I want to be shown as: what was chosen here, else what I am shown as since the last time. */
export function MyStatus({ me }: { me: Person }) {
  const { presence, setStatus } = useMyPresence();
  const [chosen, choose] = useState<Choice>();
  const [failure, setFailure] = useState('');
  const change = ({ target }: ChangeEvent<HTMLSelectElement>) => {
    const availability = choiceOf(target.value);
    choose(availability);
    setFailure('');
    setStatus(availability).catch((error: Error) => setFailure(error.message));
  };
  return (
    <div className="me">
      <AvatarWithPresence userId={me.id} name={me.name} />
      <label>
        <span>{me.name}</span>
        <select onChange={change} value={chosen ?? choiceOf(presence?.status)}>
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
