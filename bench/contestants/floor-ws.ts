import type { Contestant } from './contestant.ts';
import { nativeWire } from './native-wire.ts';
import { nodeServer } from './node-server.ts';

/** Bare `ws` sending the bytes of the native protocol, one frame a delivery. */
export const floorWs: Contestant = {
  name: 'floor: ws',
  kind: 'floor',
  lacks: 'identity, last seen, several devices, privacy, grace: it only sends',
  server: async () => nodeServer('../floors/ws-server.ts'),
  wire: nativeWire({ token: false }),
};

/** The same, gathering a watcher's changes for 100 ms into one frame: what batching by hand would reach. */
export const floorWsBatched: Contestant = {
  ...floorWs,
  onlyFull: true,
  name: 'floor: ws, batched',
  declines: (scenario) => (scenario === 'd' || scenario === 'e' || scenario === 'g' ? 'it would be the same as “floor: ws”' : undefined),
  server: async () => nodeServer('../floors/ws-server.ts', { FLUSH_MS: '100' }),
};
