import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { spread } from '../measure.ts';
import type { Outcome } from '../play.ts';
import type { Line } from '../report.ts';
import { pinned } from '../server-process.ts';
import type { Column, Size } from './scenario.ts';

const PROGRAM = fileURLToPath(new URL('../engine-alone.ts', import.meta.url));

/** What one run of the program prints: steps a CPU-second by kind, and bytes. */
export interface EngineFigures {
  open: number;
  alive: number;
  activity: number;
  lostResume: number;
  leave: number;
  mix: number;
  scattered: number;
  /** Deliveries a CPU-second: one watcher who is found to have to be told of one change; the change is part of it. */
  delivery: number;
  /** The same, and it is noted with the watcher: each time in another object, so out of the processor's cache when there are many. */
  deliveryNoted: number;
  deliveryScattered: number;
  /** A user who is known and offline, one who is online with one session, and the same as growth of the process. */
  loadedBytes: number;
  onlineBytes: number;
  onlineRssBytes: number;
  watchBytes: number;
}

const columns: readonly (Column & { key: keyof EngineFigures })[] = [
  { key: 'mix', title: 'steps/CPU-s, mixed', digits: 0, better: 'more' },
  { key: 'scattered', title: 'mixed, scattered', digits: 0, better: 'more' },
  { key: 'delivery', title: 'deliveries/CPU-s', digits: 0, better: 'more' },
  { key: 'deliveryNoted', title: 'deliveries, noted', digits: 0, better: 'more' },
  { key: 'deliveryScattered', title: 'noted, scattered', digits: 0, better: 'more' },
  { key: 'alive', title: 'sign of life', digits: 0, better: 'more' },
  { key: 'activity', title: 'activity', digits: 0, better: 'more' },
  { key: 'open', title: 'open', digits: 0, better: 'more' },
  { key: 'lostResume', title: 'lost, resume', digits: 0, better: 'more' },
  { key: 'leave', title: 'leave', digits: 0, better: 'more' },
  { key: 'loadedBytes', title: 'bytes/user offline', digits: 0, better: 'less' },
  { key: 'onlineBytes', title: 'bytes/user online', digits: 0, better: 'less' },
  { key: 'onlineRssBytes', title: 'online, RSS', digits: 0, better: 'less' },
  { key: 'watchBytes', title: 'bytes/watch', digits: 1, better: 'less' },
];

/** The engine by itself: no server and no contestant, a row for each size. */
export const engineAlone = {
  letter: 'i',
  name: 'engine-alone',
  title: 'The engine alone',
  columns,
  setting: 'no sockets, no store; 950 of 1,000 mixed steps are signs of life',
} as const;

interface Plan {
  users: number;
  steps: number;
  runs: number;
}

const PLANS: Readonly<Record<Size, readonly Plan[]>> = {
  quick: [
    { users: 10_000, steps: 300_000, runs: 1 },
    { users: 100_000, steps: 300_000, runs: 1 },
  ],
  full: [
    { users: 10_000, steps: 1_000_000, runs: 3 },
    { users: 100_000, steps: 1_500_000, runs: 3 },
    { users: 1_000_000, steps: 7_000_000, runs: 1 },
  ],
};

/** What all sizes take on a quiet machine. */
export const engineSeconds = (size: Size) => (size === 'quick' ? 9 : 75);

/** Runs the program for each size on the server's core. */
export async function runEngineAlone(size: Size): Promise<Line[]> {
  const lines: Line[] = [];
  for (const plan of PLANS[size]) {
    const began = performance.now();
    const outcome = await runsOf(plan).catch((error: unknown) => ({ failed: String(error) }));
    const contestant = `${plan.users.toLocaleString('en-GB')} users`;
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    lines.push({ scenario: engineAlone.letter, setting: engineAlone.setting, contestant, seconds, outcome });
  }
  return lines;
}

async function runsOf({ users, steps, runs }: Plan): Promise<Outcome> {
  const before = process.cpuUsage();
  const each: EngineFigures[] = [];
  for (let run = 0; run < runs; run++) each.push(await runOnce(users, steps));
  const { user, system } = process.cpuUsage(before);
  const figures = Object.fromEntries(columns.map(({ key }) => [key, spread(each.map((run) => run[key]))]));
  return { result: { figures, serverSeconds: 0, loadSeconds: (user + system) / 1e6, lost: 0, notes: [] } };
}

function runOnce(users: number, steps: number): Promise<EngineFigures> {
  const { command, args } = pinned(0, process.execPath, ['--expose-gc', PROGRAM, String(users), String(steps)]);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(said) as EngineFigures);
      else reject(new Error(`the engine's program ended with ${code}`));
    });
  });
}
