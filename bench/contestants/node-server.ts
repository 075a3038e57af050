import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Launch, Skip } from './contestant.ts';

/** Lets memory be measured after a full collection, without a change to the server's code. */
const COLLECT_ON_SIGNAL = new URL('../collect-on-signal.ts', import.meta.url).href;

/** Starts a program of this folder on the Node that runs the benchmark; it prints `listening <port>`. */
export function nodeServer(program: string, env: Record<string, string> = {}): Launch {
  return {
    command: process.execPath,
    args: ['--import', COLLECT_ON_SIGNAL, fileURLToPath(new URL(program, import.meta.url))],
    env: { NODE_ENV: 'production', ...env },
    collects: true,
  };
}

/** The same for a peer whose package is installed by the runner beside `bench/peers/package.json`. */
export function peerServer(packageName: string, program: string, env: Record<string, string> = {}): Launch | Skip {
  const installed = existsSync(new URL(`../peers/node_modules/${packageName}/package.json`, import.meta.url));
  return installed ? nodeServer(program, env) : { skip: `the npm package ${packageName} is not installed in bench/peers` };
}
