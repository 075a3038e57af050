import { setTimeout as pause } from 'node:timers/promises';
import type { Wire } from '../contestants/contestant.ts';
import { cpuSecondsOf } from '../measure.ts';

/** What a scenario is given: one contestant's wire and the running server. */
export interface Stage {
  wire: Wire;
  /** Both change when the server is restarted. */
  port: number;
  pid: number;
  /** True when it waits for a lost client to come back before it tells anyone. */
  hasGrace: boolean;
  /** Kills the server without warning, starts it again on the same folder, and gives it a moment. */
  restart(): Promise<void>;
  /** Has the server collect its garbage where it can be asked to. */
  collect(): Promise<void>;
}

/** What one measured section cost. */
export interface Cost {
  serverSeconds: number;
  loadSeconds: number;
  wallSeconds: number;
}

/** Runs a section and says what it cost the server and this process. */
export async function costOf(stage: Stage, section: () => Promise<void>): Promise<Cost> {
  const startedAt = performance.now();
  const own = process.cpuUsage();
  const server = cpuSecondsOf(stage.pid);
  await section();
  const spent = process.cpuUsage(own);
  return {
    serverSeconds: cpuSecondsOf(stage.pid) - server,
    loadSeconds: (spent.user + spent.system) / 1e6,
    wallSeconds: (performance.now() - startedAt) / 1_000,
  };
}

/** Waits until a condition holds, looking every 2 ms; throws `what` when it does not within the time. */
export async function until(condition: () => boolean, msMax: number, what: () => string): Promise<void> {
  const giveUpAt = performance.now() + msMax;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(what());
    await pause(2);
  }
}

/** Gives way to what is on the wire. */
export { pause };
