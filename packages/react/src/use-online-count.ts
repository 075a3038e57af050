import { useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';
import { useLoaded } from './use-loaded.ts';

const load = () => import('@porchlight/client/online');
const nothing = () => undefined;
const never = () => nothing;

/** How many users this one may see online: undefined at first, then read again every 30 s while the page is looked at. */
export function useOnlineCount(): number | undefined {
  const { presence } = usePresenceContext();
  const poll = useLoaded(load)?.onlineCount(presence);
  return useSyncExternalStore(poll?.subscribe ?? never, poll?.get ?? nothing, nothing);
}
