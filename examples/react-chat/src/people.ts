export interface Person {
  id: string;
  name: string;
  /** What the profile card says of somebody. */
  about: string;
}

/** The address book. Your app has its own; Porchlight only needs ids. */
export const PEOPLE: readonly Person[] = [
  { id: 'alice', name: 'Alice Moreau', about: 'Keeps the street’s spare keys.' },
  { id: 'bob', name: 'Bob Okafor', about: 'Bakes on Sundays, always too much.' },
  { id: 'carol', name: 'Carol Lindqvist', about: 'Fixes bicycles, and sometimes toasters.' },
  { id: 'dave', name: 'Dave Almeida', about: 'Waters everybody’s plants in August.' },
  { id: 'erin', name: 'Erin Takahashi', about: 'Up early, asleep by nine.' },
  { id: 'frank', name: 'Frank Novak', about: 'Has a ladder for every occasion.' },
  { id: 'grace', name: 'Grace Mbeki', about: 'Knows the names of all the dogs.' },
];

/** Who this window is: `?as=bob`, Alice otherwise. */
export function personOf(search: string): Person {
  const asked = new URLSearchParams(search).get('as');
  return PEOPLE.find(({ id }) => id === asked) ?? (PEOPLE[0] as Person);
}
