import type { Contestant } from './contestant.ts';
import { porchlightServer } from './porchlight-server.ts';
import { socketioWire } from './socketio-wire.ts';

// Its batch query belongs to another dialect, measured by itself.
const { query: _, ...wire } = socketioWire({ token: true });

/** The `smart-presence` dialect over Socket.IO; broadcasts go to those who watch. */
export const porchlightSocketio: Contestant = {
  name: 'porchlight Socket.IO',
  kind: 'ours',
  lacks: 'nothing of the above',
  server: (folder, accounts) => porchlightServer(folder, accounts, { audience: 'watched' }),
  wire,
};
