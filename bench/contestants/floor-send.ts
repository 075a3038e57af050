import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestant.ts';
import { nativeWire } from './native-wire.ts';

const SOURCE = fileURLToPath(new URL('../floors/send.c', import.meta.url));
const FLIPS = [Buffer.from([0x46, 0]), Buffer.from([0x46, 1])] as const;

function numbers(opcode: string, values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(1 + 4 * values.length);
  bytes[0] = opcode.charCodeAt(0);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 1 + 4 * index);
  return bytes;
}

const { read } = nativeWire({ token: false });

/** One `send()` a delivery in C: what the operating system alone costs. */
export const floorSend: Contestant = {
  name: 'floor: send() in C',
  kind: 'floor',
  lacks: 'everything but the sending: no WebSocket handshake, no JSON, and a full buffer ends it',
  onlyFull: true,
  declines: (scenario) => (scenario === 'd' || scenario === 'g' ? 'it knows neither handshake nor state' : undefined),
  async server(folder) {
    const program = join(folder, 'send');
    const compiled = spawnSync('cc', ['-O2', '-o', program, SOURCE], { encoding: 'utf8' });
    if (compiled.error !== undefined) return { skip: 'there is no C compiler' };
    if (compiled.status !== 0) throw new Error(`cc failed: ${compiled.stderr}`);
    return { command: program, args: [] };
  },
  wire: {
    framing: 'websocket',
    signIn: (connection) => connection.send(numbers('S', [connection.identity.user])),
    watch: (connection, users) => connection.send(numbers('W', [users.length, ...users])),
    flip: (connection, online) => connection.send(FLIPS[online ? 1 : 0]),
    read,
  },
};
