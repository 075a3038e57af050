import type { Contestant } from './contestant.ts';
import { nodeServer } from './node-server.ts';
import { socketioWire } from './socketio-wire.ts';

/** Socket.IO, a Map and a broadcast to all, as presence is written by hand. */
export const naive: Contestant = {
  name: 'naive Socket.IO',
  kind: 'peer',
  lacks: 'identity (it believes the id sent), last seen across restarts, several devices, privacy, grace, watching some instead of all',
  server: async () => nodeServer('../peers/naive/server.ts'),
  wire: socketioWire({ token: false }),
};
