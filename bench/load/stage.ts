import { setTimeout as pause } from 'node:timers/promises';
import type { Wire } from '../contestants/contestant.ts';
import { cpuSecondsOf } from '../measure.ts';
import type { Ledger } from './ledger.ts';
import { messagesRead } from './load-connection.ts';

const SETTLE_MS_MAX = 15_000;
const QUIET_MS = 400;
const QUIET_MS_MAX = 20_000;
/** Of a core. */
const RESTING_SHARE = 0.1;

/** What a scenario is given: one contestant's wire and the running server. */
export interface Stage {
  wire: Wire;
  /** Both change when the server is restarted. */
  port: number;
  pid: number;
  /** No further round begins after this, by `performance.now()`. */
  roundsUntilMs: number;
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

/** Waits until the server says nothing and rests: some confirm a watch long before they have made its snapshot. */
export async function quiet(stage: Stage): Promise<void> {
  const giveUpAt = performance.now() + QUIET_MS_MAX;
  while (performance.now() < giveUpAt) {
    const [messages, seconds] = [messagesRead(), cpuSecondsOf(stage.pid)];
    await pause(QUIET_MS);
    if (messagesRead() === messages && (cpuSecondsOf(stage.pid) - seconds) * 1_000 < QUIET_MS * RESTING_SHARE) return;
  }
}

/** Waits for the last deliveries and writes off those that do not come; returns how many those were. */
export async function settle(ledger: Ledger, check: () => void): Promise<number> {
  const giveUpAt = performance.now() + SETTLE_MS_MAX;
  while (ledger.outstanding > 0 && performance.now() < giveUpAt) {
    check();
    await pause(2);
  }
  return ledger.writeOff();
}

/** Gives way to what is on the wire. */
export { pause };
