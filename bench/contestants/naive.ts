import type { Contestant } from './contestant.ts';
import { nodeServer } from './node-server.ts';
import { socketioWire } from './socketio-wire.ts';

/** Socket.IO, a Map and a broadcast to all, as presence is written by hand. */
export const naive: Contestant = {
  name: 'naive Socket.IO',
  kind: 'peer',
  lacks: 'identity (it believes the id sent), last seen across restarts, several devices, privacy, grace, watching some instead of all',
  spares: 'it looks at nothing before it sends: no token, no question who may know, no store',
  declines: (scenario, users) =>
    (scenario === 'd' || scenario === 'g') && users > 3_000
      ? `it tells everybody of everybody: ${users.toLocaleString('en-GB')} who connect are ${Math.round(users ** 2 / 2e6)} million messages`
      : undefined,
  server: async () => nodeServer('../peers/naive/server.ts'),
  wire: socketioWire({ token: false }),
};
