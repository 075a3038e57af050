import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Launch } from './contestants/contestant.ts';

const STOP_MS_MAX = 5_000;

const running = new Set<ChildProcess>();

// A benchmark that is interrupted leaves no server behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** True where processes can be bound to a core: then the server gets core 0 and the load core 1. */
export const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0 && spawnSync('taskset', ['-c', '1', 'true']).status === 0;

/** The command that runs another one on one core, where the system can. */
export function pinned(core: 0 | 1, command: string, args: readonly string[]): { command: string; args: string[] } {
  return canPin ? { command: 'taskset', args: ['-c', String(core), command, ...args] } : { command, args: [...args] };
}

/** A running server under test. */
export interface ServerProcess {
  pid: number;
  port: number;
  /** The last lines that it wrote, for the message of a failure. */
  tail(): string;
  /** Ends it: SIGTERM, then SIGKILL, and waits until it is gone. `crash` starts with SIGKILL. */
  stop(how?: 'crash'): Promise<void>;
}

/** A port on the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** Starts a server on core 0 and waits until it listens, at most until `limit` (epoch milliseconds). */
export async function startServer(launch: Launch, limit: number): Promise<ServerProcess> {
  const { command, args } = pinned(0, launch.command, launch.args);
  const child = spawn(command, args, { env: { ...process.env, ...launch.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let said = '';
  const hear = (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-8_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const port = await waitForPort(child, launch, limit, () => said);
  return {
    pid: child.pid!,
    port,
    tail: () => said.trim().split('\n').slice(-8).join('\n'),
    stop: async (how) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(how === 'crash' ? 'SIGKILL' : 'SIGTERM');
      const inTime = await Promise.race([ended.then(() => true), pause(STOP_MS_MAX, false, { ref: false })]);
      if (!inTime) child.kill('SIGKILL');
      await ended;
    },
  };
}

async function waitForPort(child: ChildProcess, launch: Launch, limit: number, said: () => string): Promise<number> {
  while (Date.now() < limit) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error(`${launch.command} ended before it listened:\n${said()}`);
    }
    if (launch.port === undefined) {
      const match = /listening (\d+)/.exec(said());
      if (match !== null) return Number(match[1]);
    } else if (await answers(launch.port)) return launch.port;
    await pause(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${launch.command} did not listen in time:\n${said()}`);
}
