import type { OnlineUser } from '@porchlight/client';
import type { CSSProperties, ReactNode } from 'react';
import { useLoaded } from './use-loaded.ts';

export interface OnlineUsersListProps {
  /** How many at most. Default 50. */
  limit?: number;
  /** Shows one person; by default a dot and the name. */
  renderUser?: (user: OnlineUser) => ReactNode;
  /** Shown when nobody is online. */
  empty?: ReactNode;
  className?: string;
  /** What the list is called when it is read aloud. */
  label?: string;
}

export const LIST: CSSProperties = { listStyle: 'none', padding: 0, margin: 0 };

const load = () => import('./loaded-online-users-list.tsx');

/**
 * The people whom this user may see online: read again every 30 s, and whoever goes offline leaves at once. What it takes is loaded when it is
 * first shown; until the first answer the list is empty, and busy.
 */
export function OnlineUsersList(props: OnlineUsersListProps): ReactNode {
  const loaded = useLoaded(load);
  if (loaded) return <loaded.LoadedOnlineUsersList {...props} />;
  return <ul className={props.className} aria-label={props.label} aria-busy style={LIST} />;
}
