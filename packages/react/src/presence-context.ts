import { ENGLISH, type Presence, type PresenceRecord, type Words } from '@porchlight/client';
import { createContext, useContext } from 'react';

/** What a provider gives to the hooks and components under it. */
export interface PresenceSurroundings {
  presence: Presence;
  /** BCP 47 tag; the reader's own if undefined. */
  locale: string | undefined;
  /** IANA name; the reader's own if undefined. */
  timeZone: string | undefined;
  words: Words;
  /** What the page was rendered with on the server, and when: the first render in the browser must say the same. */
  initial: ReadonlyMap<string, PresenceRecord>;
  initialNow: number | undefined;
}

export const PresenceContext = createContext<PresenceSurroundings | undefined>(undefined);

/** Throws without a provider. */
export function usePresenceContext(): PresenceSurroundings {
  const surroundings = useContext(PresenceContext);
  if (surroundings === undefined) throw new Error('Put a <PresenceProvider> around the components that use Porchlight.');
  return surroundings;
}

/** How times are told: the provider's way, and without one the reader's own. */
export function useTelling(): Pick<PresenceSurroundings, 'locale' | 'timeZone' | 'words' | 'initialNow'> & { presence?: Presence } {
  return useContext(PresenceContext) ?? { locale: undefined, timeZone: undefined, words: ENGLISH, initialNow: undefined };
}

/** The client itself, for everything that has no hook. */
export const usePresenceClient = (): Presence => usePresenceContext().presence;
