import type { Dialect } from './dialect.ts';
import { onlineUsers } from './online-users.ts';
import { presenceGateway } from './presence-gateway.ts';
import { smartPresence } from './smart-presence.ts';
import { userPresence } from './user-presence.ts';
import { userStatus } from './user-status.ts';

/** The dialects that come with the server. */
export const BUILT_IN_DIALECTS: readonly Dialect[] = [smartPresence, userPresence, presenceGateway, userStatus, onlineUsers];
