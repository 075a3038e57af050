import type { Contestant } from './contestant.ts';
import { httpWire } from './http-wire.ts';
import { nodeServer } from './node-server.ts';

/** Bare `node:http` answering the heartbeat's bytes. */
export const floorHttp: Contestant = {
  name: 'floor: node:http',
  kind: 'floor',
  lacks: 'identity, last seen, several devices, privacy: it only answers',
  server: async () => nodeServer('../floors/http-server.ts'),
  wire: httpWire,
};
