import type { Contestant } from './contestant.ts';
import { mqttWire } from './mqtt-wire.ts';
import { peerServer } from './node-server.ts';

/** Aedes, the MQTT broker on Node, with retained messages and last wills in memory. */
export const aedes: Contestant = {
  name: 'Aedes',
  kind: 'peer',
  lacks: 'identity by token, last seen, several devices (a second one takes over the id), privacy, grace, records: it carries one byte',
  server: async () => peerServer('aedes', '../peers/aedes/server.mjs'),
  wire: mqttWire,
};
