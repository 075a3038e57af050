/**
 * The load process: it is started by the runner, bound to its own core, plays one scenario against one server, and answers with the
 * figures. It must stay cheaper than the server, so nothing here parses JSON while it measures.
 */
import { contestants } from '../contestants/contestants.ts';
import type { Result, Size } from '../scenarios/scenario.ts';
import { scenarios } from '../scenarios/scenarios.ts';
import { pause, type Stage } from './stage.ts';

const AFTER_RESTART_MS = 200;
/** A full collection of what is measured here takes a tenth of it. */
const AFTER_COLLECTION_MS = 400;

/** What the runner asks for. */
export interface Job {
  contestant: string;
  scenario: string;
  size: Size;
  setting: number;
  port: number;
  pid: number;
  collects: boolean;
  /** Within which further rounds may begin, from the start of this process. */
  roundsMs: number;
}

export type ToRunner = { type: 'result'; result: Result } | { type: 'failed'; reason: string } | { type: 'restart' };
export type ToLoad = { type: 'job'; job: Job } | { type: 'restarted'; port: number; pid: number };

const tell = (message: ToRunner) => new Promise<void>((resolve) => process.send!(message, () => resolve()));

let restarted: ((server: { port: number; pid: number }) => void) | undefined;

async function play(job: Job): Promise<Result> {
  const contestant = contestants.find((each) => each.name === job.contestant);
  const scenario = scenarios.find((each) => each.letter === job.scenario);
  const setting = scenario?.settings[job.size][job.setting];
  if (contestant === undefined || scenario === undefined || setting === undefined) throw new Error('an unknown job');
  const stage: Stage = {
    wire: contestant.wire,
    port: job.port,
    pid: job.pid,
    roundsUntilMs: job.roundsMs,
    hasGrace: contestant.kind === 'ours',
    collect: async () => {
      if (!job.collects) return;
      // Twice, because what the first collection finalises is freed by the second.
      for (let turn = 0; turn < 2; turn++) {
        process.kill(stage.pid, 'SIGUSR2');
        await pause(AFTER_COLLECTION_MS);
      }
    },
    restart: async () => {
      const server = new Promise<{ port: number; pid: number }>((resolve) => {
        restarted = resolve;
      });
      await tell({ type: 'restart' });
      Object.assign(stage, await server);
      await pause(AFTER_RESTART_MS);
    },
  };
  return scenario.run(stage, setting);
}

// The runner is gone.
process.once('disconnect', () => process.exit(1));

process.on('message', (message: ToLoad) => {
  if (message.type === 'restarted') return restarted?.(message);
  play(message.job)
    .then(
      (result) => tell({ type: 'result', result }),
      (error: unknown) => tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) }),
    )
    .finally(() => process.exit(0));
});
