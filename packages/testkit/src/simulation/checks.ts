import { Counters } from './counters.ts';

/** An invariant that did not hold; the message says of whom, when, and what was expected. */
export class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`[${invariant}] ${message}`);
    this.name = 'Violation';
    this.invariant = invariant;
  }
}

/** Checked in every world, and on several nodes besides. */
export const INVARIANTS = ['I1a', 'I1b', 'I2', 'I3', 'I4b', 'I5', 'I6b', 'I6c', 'I7', 'I9', 'I10', 'I12', 'I13'] as const;
export const CLUSTER_INVARIANTS = ['I4a', 'I8', 'I11'] as const;
export type Invariant = (typeof INVARIANTS)[number] | (typeof CLUSTER_INVARIANTS)[number];

/** Checks invariants and counts how often each was really checked. The first that does not hold is kept. */
export class Checks {
  readonly evaluations = new Counters([...INVARIANTS, ...CLUSTER_INVARIANTS]);
  violation: Violation | undefined;
  readonly #now: () => number;
  readonly #startedAt: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  that(invariant: Invariant, holds: boolean, otherwise: () => string): void {
    this.evaluations.count(invariant);
    if (holds || this.violation !== undefined) return;
    this.violation = new Violation(invariant, `at ${((this.#now() - this.#startedAt) / 1_000).toFixed(3)} s: ${otherwise()}`);
  }
}
