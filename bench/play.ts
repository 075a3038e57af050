import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant, Launch } from './contestants/contestant.ts';
import type { Job, ToLoad, ToRunner } from './load/main.ts';
import type { Result, Scenario, Size } from './scenarios/scenario.ts';
import { pinned, type ServerProcess, startServer } from './server-process.ts';

const LOAD = fileURLToPath(new URL('./load/main.ts', import.meta.url));
/** How long a row may take. */
export interface RowTime {
  /** Within which further rounds may begin. */
  roundsMs: number;
  /** When it is broken off, and is a failure. */
  limitMs: number;
}

/** What became of one contestant in one setting of one scenario. */
export type Outcome = { result: Result } | { unable: string } | { skipped: string } | { failed: string };

/** Starts the contestant's server in a folder of its own, plays the setting against it, and takes everything away again. */
export async function play(contestant: Contestant, scenario: Scenario, size: Size, setting: number, time: RowTime): Promise<Outcome> {
  const sizes = scenario.settings[size][setting]!;
  const accounts = scenario.accounts(sizes);
  const reason = contestant.declines?.(scenario.letter, accounts.users, sizes.label);
  if (reason !== undefined) return { skipped: reason };
  const limit = Date.now() + time.limitMs;
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-bench-'));
  try {
    const launch = await contestant.server(folder, accounts);
    if ('skip' in launch) return { skipped: launch.skip };
    const job = { contestant: contestant.name, scenario: scenario.letter, size, setting, roundsMs: time.roundsMs };
    return await against(launch, job, limit);
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function against(launch: Launch, job: Omit<Job, 'port' | 'pid' | 'collects'>, limit: number): Promise<Outcome> {
  let server = await startServer(launch, limit);
  try {
    const restart = async () => {
      await server.stop('crash');
      server = await startServer(launch, limit);
      return server;
    };
    const whole = { ...job, port: server.port, pid: server.pid, collects: launch.collects === true };
    return await load(whole, restart, limit).then((outcome) =>
      'failed' in outcome ? { failed: `${outcome.failed}${server.tail() === '' ? '' : `\n${server.tail()}`}` } : outcome,
    );
  } finally {
    await server.stop();
  }
}

function load(job: Job, restart: () => Promise<ServerProcess>, limit: number): Promise<Outcome> {
  return new Promise((resolve) => {
    // Its code is compiled when it is first run: most of what a short round costs it is slow code otherwise.
    const { command, args } = pinned(1, process.execPath, ['--always-sparkplug', LOAD]);
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let outcome: Outcome = { failed: 'the load process ended without an answer' };
    const timer = setTimeout(() => {
      outcome = { failed: 'it took longer than its limit' };
      child.kill('SIGKILL');
    }, limit - Date.now());
    const tell = (message: ToLoad) => child.send(message);
    child.on('message', (message: ToRunner) => {
      if (message.type === 'result') outcome = { result: message.result };
      else if (message.type === 'failed') outcome = { failed: message.reason };
      else
        restart().then(
          ({ port, pid }) => tell({ type: 'restarted', port, pid }),
          () => child.kill('SIGKILL'),
        );
    });
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(outcome);
    });
    tell({ type: 'job', job });
  });
}
