import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@porchlight/server';
import { type Flags, type ServerProcess, spawnServer } from '../real-server.ts';

/** What a scenario works with. */
export interface Surroundings {
  /** The server's program, `cli.ts`. */
  readonly program: string;
  readonly seed: number;
  readonly clock: Clock;
  /** `small` is the share that `npm test` runs: the same faults, fewer of everything, shorter times. */
  readonly size: 'full' | 'small';
  print(line: string): void;
}

/** What a scenario did and found. */
export interface ChaosReport {
  readonly name: string;
  /** How often each fault really happened, and how often each rule was really looked at: a 0 means that nothing was shown. */
  readonly faults: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  /** Why it could not be run here. */
  readonly skipped?: string;
}

export interface Scenario {
  readonly name: string;
  readonly purpose: string;
  run(surroundings: Surroundings): Promise<ChaosReport>;
}

/** Counts what happens and collects what should not. */
export class Findings {
  readonly #faults: Record<string, number> = {};
  readonly #checks: Record<string, number> = {};
  readonly #figures: Record<string, number> = {};
  readonly #violations: string[] = [];

  fault(name: string): void {
    this.#faults[name] = (this.#faults[name] ?? 0) + 1;
  }

  /** Looks at a rule; `broken` is said where it does not hold. */
  check(rule: string, holds: boolean, broken: () => string): void {
    this.#checks[rule] = (this.#checks[rule] ?? 0) + 1;
    // The first of many tell enough.
    if (!holds && this.#violations.length < 50) this.#violations.push(`${rule}: ${broken()}`);
  }

  figure(name: string, value: number): void {
    this.#figures[name] = Math.round(value * 100) / 100;
  }

  report(name: string): ChaosReport {
    return { name, faults: this.#faults, checks: this.#checks, figures: this.#figures, violations: this.#violations };
  }
}

export const skipped = (name: string, why: string): ChaosReport => ({
  name,
  faults: {},
  checks: {},
  figures: {},
  violations: [],
  skipped: why,
});

/** A back end's key of the tenant in which scenarios take place. */
export const JUDGE_KEY = 'the-key-that-only-the-judge-has';

/** As many of everything as a scenario wants. */
const NO_RATES: Flags = {
  connectsPerMinuteMax: 100_000_000,
  messagesPerMinuteMax: 100_000_000,
  changesPerMinuteMax: 100_000_000,
  changesBurstMax: 100_000_000,
  heartbeatsPerMinuteMax: 100_000_000,
  idsPerMinuteMax: 1_000_000_000,
  idsBurstMax: 1_000_000_000,
};

export function startServer({ program }: Surroundings, options: Flags): Promise<ServerProcess> {
  return spawnServer(program, { apiKey: JUDGE_KEY, logLevel: 'error', ...NO_RATES, ...options });
}

/** Gives a folder for a server's data, and removes it afterwards. */
export async function withDataFolder<T>(name: string, use: (data: string) => Promise<T>): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), `porchlight-chaos-${name}-`));
  try {
    return await use(data);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** Resolves after `ms`. */
export const pass = (clock: Clock, ms: number) => new Promise<void>((done) => void clock.alarm(clock.now() + ms, done));

/** Resolves to true once `isSo`, or to false when it was not within `ms`. */
export async function eventually(clock: Clock, ms: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const endAt = clock.now() + ms; ; ) {
    if (await isSo()) return true;
    if (clock.now() >= endAt) return false;
    await pass(clock, 25);
  }
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
