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
  const records = useMemo(() => new Map((initial ?? []).map((record) => [record.id, record])), [initial]);
  const surroundings = useMemo(
    () => ({ presence, locale, timeZone, words, initial: records, initialNow }),
    [presence, locale, timeZone, words, records, initialNow],
  );
  return <PresenceContext.Provider value={surroundings}>{children}</PresenceContext.Provider>;
}

function useOwnOrGiven(props: PresenceProviderProps): Presence {
  const given = 'presence' in props ? props.presence : undefined;
  const options = 'presence' in props ? undefined : props;
  const latest = useRef(options);
  latest.current = options;
  const url = options?.url;
  const fixedToken = typeof options?.token === 'string' ? options.token : undefined;
  // Another server or another token is another client; a function may be another at every render, and the last one is called.
  const presence = useMemo(() => {
    if (given) return given;
    const fetchToken = async () => {
      const token = latest.current?.token ?? '';
      return typeof token === 'string' ? token : token();
    };
    const token = fixedToken ?? fetchToken;
    return createPresence({ ...(latest.current as PresenceOptions), url: url as string, token, autoConnect: false });
  }, [given, url, fixedToken]);
  useEffect(() => {
    if (given) return;
    presence.connect();
    return () => presence.close();
  }, [given, presence]);
  return presence;
}
