import type { Contestant } from './contestant.ts';
import { httpWire } from './http-wire.ts';
import { nodeServer } from './node-server.ts';

/** The HTTP side of the naive server: it reads the token's claims without verifying it and puts the time in a Map. */
export const naiveHttp: Contestant = {
  name: 'naive HTTP',
  kind: 'peer',
  lacks: 'identity (it does not verify the token), leases, last seen across restarts, several devices, privacy',
  spares: 'it verifies no token and keeps nothing: the time goes into a Map',
  server: async () => nodeServer('../peers/naive/server.ts'),
  wire: httpWire,
};
