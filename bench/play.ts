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
/** No scenario takes this long; one that does has hung, and ends as a failure. */
const PLAY_MS_MAX = 240_000;

/** What became of one contestant in one setting of one scenario. */
export type Outcome = { result: Result } | { unable: string } | { skipped: string } | { failed: string };

/** Starts the contestant's server in a folder of its own, plays the setting against it, and takes everything away again. */
export async function play(contestant: Contestant, scenario: Scenario, size: Size, setting: number): Promise<Outcome> {
  const lacking = scenario.needs.filter((need) => contestant.wire[need] === undefined);
  if (lacking.length > 0) return { unable: lacking.join(', ') };
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-bench-'));
  try {
    const launch = await contestant.server(folder, scenario.accounts(scenario.settings[size][setting]!));
    if ('skip' in launch) return { skipped: launch.skip };
    return await against(launch, { contestant: contestant.name, scenario: scenario.letter, size, setting });
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function against(launch: Launch, job: Omit<Job, 'port' | 'pid' | 'collects'>): Promise<Outcome> {
  let server = await startServer(launch);
  try {
    return await load({ ...job, port: server.port, pid: server.pid, collects: launch.collects === true }, async () => {
      await server.stop('crash');
      server = await startServer(launch);
      return server;
    }).then((outcome) =>
      'failed' in outcome ? { failed: `${outcome.failed}${server.tail() === '' ? '' : `\n${server.tail()}`}` } : outcome,
    );
  } finally {
    await server.stop();
  }
}

function load(job: Job, restart: () => Promise<ServerProcess>): Promise<Outcome> {
  return new Promise((resolve) => {
    const { command, args } = pinned(1, process.execPath, [LOAD]);
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let outcome: Outcome = { failed: 'the load process ended without an answer' };
    const timer = setTimeout(() => {
      outcome = { failed: `it took longer than ${PLAY_MS_MAX} ms` };
      child.kill('SIGKILL');
    }, PLAY_MS_MAX);
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
