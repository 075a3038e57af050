import type { Contestant } from './contestant.ts';
import { nodeServer } from './node-server.ts';
import { socketioWire } from './socketio-wire.ts';

/** Bare Socket.IO with one room a user, sending the words of the `smart-presence` dialect. */
export const floorSocketio: Contestant = {
  name: 'floor: Socket.IO',
  kind: 'floor',
  lacks: 'identity, last seen across restarts, several devices, privacy, grace: it only sends',
  server: async () => nodeServer('../floors/socketio-server.ts'),
  wire: socketioWire({ token: false }),
};
