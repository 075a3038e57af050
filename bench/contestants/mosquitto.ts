import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../server-process.ts';
import type { Contestant } from './contestant.ts';
import { mqttWire } from './mqtt-wire.ts';

/** Queues without a limit, because a message dropped at one would count as lost. */
const configuration = (port: number) => `listener ${port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
set_tcp_nodelay true
log_dest none
user root
`;

/** Mosquitto with retained messages and last wills. */
export const mosquitto: Contestant = {
  name: 'Mosquitto',
  kind: 'peer',
  lacks: 'identity by token, last seen, several devices (a second one takes over the id), privacy, grace, records: it carries one byte',
  spares: 'it is written in C, and a change is one byte in a packet of some twenty: no WebSocket frame, no record, no token, no store',
  async server(folder) {
    // Debian installs it where only root's PATH looks.
    const command = ['mosquitto', '/usr/sbin/mosquitto'].find((each) => spawnSync(each, ['-h']).error === undefined);
    if (command === undefined) return { skip: 'mosquitto is not installed' };
    const port = await freePort();
    const file = join(folder, 'mosquitto.conf');
    await writeFile(file, configuration(port));
    return { command, args: ['-c', file], port };
  },
  // It listens with a backlog of 100, and says so nowhere.
  wire: { ...mqttWire, dialledMax: 80 },
};
