import type { ConnectionState } from '@porchlight/client';
import { useOfClient } from './presence-context.ts';

const CLOSED: ConnectionState = { name: 'closed' };

/** How the link to the server is. */
export const useConnection = (): ConnectionState => useOfClient((presence) => presence.connection, CLOSED);
