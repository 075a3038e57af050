import type { Presence, PresenceRecord, Words } from '@porchlight/client';
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';

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
  if (surroundings === undefined) throw new Error('There is no <PresenceProvider> around this component.');
  return surroundings;
}

/** The same, but nothing of it without a provider. */
export const useSurroundings = (): Partial<PresenceSurroundings> => useContext(PresenceContext) ?? {};

/** Words, and that they are no longer sure if they are not. */
export const withDoubt = (said: string, record: PresenceRecord | undefined, { suspect }: Words): string =>
  record?.certainty === 'suspect' ? `${said} (${suspect})` : said;

/** The client itself, for everything that has no hook. */
export const usePresenceClient = (): Presence => usePresenceContext().presence;

/** Something that the client says of itself, the same value while nothing changed; renders again when it is another. */
export function useOfClient<Value>(read: (presence: Presence) => Value, initially: Value): Value {
  const { presence } = usePresenceContext();
  const subscribe = useCallback((listener: () => void) => presence.subscribe(listener), [presence]);
  return useSyncExternalStore(
    subscribe,
    () => read(presence),
    () => initially,
  );
}
