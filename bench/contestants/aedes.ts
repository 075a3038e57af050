import type { Contestant } from './contestant.ts';
import { mqttWire } from './mqtt-wire.ts';
import { peerServer } from './node-server.ts';

/** Aedes, the MQTT broker on Node, with retained messages and last wills in memory. */
export const aedes: Contestant = {
  name: 'Aedes',
  kind: 'peer',
  lacks: 'identity by token, last seen, several devices (a second one takes over the id), privacy, grace, records: it carries one byte',
  spares: 'a change is one byte in a packet of some twenty: no WebSocket frame, no record, no token, no store',
  declines(scenario, users, label) {
    if (scenario === 'e' && label !== '1 id')
      return 'each id looks through all retained messages, a quarter of a millisecond: many are too long for the time of a row';
    return scenario === 'g' && users > 3_000
      ? 'each of half a million watches looks through all retained messages, too long for the time of a row'
      : undefined;
  },
  server: async () => peerServer('aedes', '../peers/aedes/server.mjs'),
  wire: mqttWire,
};
