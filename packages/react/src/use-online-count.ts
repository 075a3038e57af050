import { onlineCount } from '@porchlight/client';
import { useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';

/** How many users this one may see online: undefined at first, then read again every 30 s while the page is looked at. */
export function useOnlineCount(): number | undefined {
  const { presence } = usePresenceContext();
  const poll = onlineCount(presence);
  return useSyncExternalStore(poll.subscribe, poll.get, () => undefined);
}
