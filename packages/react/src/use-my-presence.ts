import type { Presence, PresenceRecord } from '@porchlight/client';
import { useMemo } from 'react';
import { useOfClient, usePresenceContext } from './presence-context.ts';
import { usePresences } from './use-presences.ts';

/** One's own presence, and what can be done about it. */
export interface MyPresence extends Pick<Presence, 'setStatus' | 'setActivity' | 'signOut'> {
  /** Undefined until the server said. */
  userId: string | undefined;
  presence: PresenceRecord | undefined;
}

/** Watches oneself, as others would see it if they may see everything. The functions stay the same. */
export function useMyPresence(): MyPresence {
  const { presence } = usePresenceContext();
  const userId = useOfClient((client) => client.userId, undefined);
  const [mine] = usePresences(userId ? [userId] : []);
  const actions = useMemo<Pick<MyPresence, 'setStatus' | 'setActivity' | 'signOut'>>(
    () => ({
      setStatus: (...status) => presence.setStatus(...status),
      setActivity: (activity) => presence.setActivity(activity),
      signOut: () => presence.signOut(),
    }),
    [presence],
  );
  return { userId, presence: mine, ...actions };
}
