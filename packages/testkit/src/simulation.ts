import { BEHAVIOUR, FAULTS } from './simulation/actions.ts';
import type { Violation } from './simulation/checks.ts';
import { CLUSTER_INVARIANTS, INVARIANTS } from './simulation/checks.ts';
import { Counters } from './simulation/counters.ts';
import { CLUSTER_FAULT_NAMES, FAULT_NAMES, type Script, type ScriptOptions, writeScript } from './simulation/script.ts';
import { settleAndCompare } from './simulation/tail.ts';
import { World } from './simulation/world.ts';

export type { Violation } from './simulation/checks.ts';
export { type Script, type Step, writeScript } from './simulation/script.ts';

/** What became of one world. */
export interface WorldResult {
  readonly violation: Violation | undefined;
  readonly virtualMs: number;
  readonly evaluations: Counters;
  readonly faults: Counters;
  /** Steps of the script that were carried out. */
  readonly steps: number;
}

/** Plays one script to its end, or to the first invariant that does not hold. The same script gives the same result, always. */
export async function playScript(script: Script): Promise<WorldResult> {
  const world = new World(script);
  const { time } = world;
  await world.bootAll();
  let steps = 0;
  for (const step of script.steps) {
    await time.runUntil(time.startedAt + step.at);
    (BEHAVIOUR[step.kind] ?? FAULTS[step.kind])?.(world, step);
    await time.settle();
    steps += 1;
    if (world.checks.violation !== undefined) break;
  }
  if (world.checks.violation === undefined) await settleAndCompare(world);
  return {
    violation: world.checks.violation,
    virtualMs: time.now() - time.startedAt,
    evaluations: world.checks.evaluations,
    faults: world.faults,
    steps,
  };
}

export function simulate(options: ScriptOptions): Promise<WorldResult> {
  return playScript(writeScript(options));
}

/** The totals of many worlds. */
export class Tally {
  readonly evaluations = new Counters([...INVARIANTS, ...CLUSTER_INVARIANTS]);
  readonly faults = new Counters([...FAULT_NAMES, ...CLUSTER_FAULT_NAMES]);
  worlds = 0;
  virtualMs = 0;
  steps = 0;

  add(result: WorldResult): void {
    this.worlds += 1;
    this.virtualMs += result.virtualMs;
    this.steps += result.steps;
    this.evaluations.add(result.evaluations);
    this.faults.add(result.faults);
  }

  /** Invariants never evaluated and faults that never happened: a run with any of these has not shown what it says. */
  missing(several: boolean): string[] {
    const onlySeveral = new Set<string>([...CLUSTER_INVARIANTS, ...CLUSTER_FAULT_NAMES]);
    return [...this.evaluations.missing(), ...this.faults.missing()].filter((name) => several || !onlySeveral.has(name));
  }
}
