import { createPresence, ENGLISH, type Presence, type PresenceOptions, type PresenceRecord, type Words } from '@porchlight/client';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { PresenceContext } from './presence-context.ts';

interface Telling {
  children?: ReactNode;
  /** BCP 47 tag; default the reader's own. */
  locale?: string;
  /** IANA name; default the reader's own. */
  timeZone?: string;
  /** The words that `Intl` lacks; default English. */
  words?: Words;
  /** The records with which the page was rendered on the server. */
  initial?: readonly PresenceRecord[];
  /** When that was, in epoch milliseconds: without it, how long ago is told only in the browser. */
  initialNow?: number;
}

/** Either a client of your own, or what one is made with: that one lives as long as the provider, and does nothing on a server. */
export type PresenceProviderProps = Telling & ({ presence: Presence } | Omit<PresenceOptions, 'autoConnect'>);

/** Gives presence to everything under it. */
export function PresenceProvider(props: PresenceProviderProps): ReactNode {
  const { children, locale, timeZone, words = ENGLISH, initial, initialNow } = props;
  const presence = useOwnOrGiven(props);
  const surroundings = useMemo(() => {
    const records = new Map(initial?.map((record) => [record.id, record]));
    return { presence, locale, timeZone, words, initial: records, initialNow };
  }, [presence, locale, timeZone, words, initial, initialNow]);
  return <PresenceContext.Provider value={surroundings}>{children}</PresenceContext.Provider>;
}

function useOwnOrGiven(props: Partial<{ presence: Presence } & PresenceOptions>): Presence {
  const { presence: given, url, token } = props;
  const latest = useRef(props);
  latest.current = props;
  const fixedToken = typeof token === 'string' ? token : undefined;
  // Another server or another token is another client; a function may be another at every render, and the last one is called.
  const presence = useMemo(() => {
    const fetchToken = () => (latest.current.token as () => string | Promise<string>)();
    return given ?? createPresence({ ...latest.current, url: url as string, token: fixedToken ?? fetchToken, autoConnect: false });
  }, [given, url, fixedToken]);
  useEffect(() => {
    if (given) return;
    presence.connect();
    return () => presence.close();
  }, [given, presence]);
  return presence;
}
