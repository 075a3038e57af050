import { createManualClock, type ManualClock } from '@porchlight/server';

/** Event-loop turns are given up this seldom: they cost more than a virtual second of an idle world. */
const BREATHE_EVERY = 5_000;

/** Whatever has not settled by then waits for time to pass. */
const HELD_TURNS_MAX = 100;

/** The world's time. It moves only when told to, and stands still until everything that an instant set off has been done. */
export class VirtualTime {
  readonly clock: ManualClock;
  readonly startedAt: number;
  #turns = 0;
  readonly #held = new Set<Promise<unknown>>();

  constructor(startAt?: number) {
    this.clock = createManualClock(startAt);
    this.startedAt = this.clock.now();
  }

  now(): number {
    return this.clock.now();
  }

  /** Calls `ring` after `ms` of the world's time. */
  after(ms: number, ring: () => void): () => void {
    return this.clock.alarm(this.now() + ms, ring);
  }

  /** Goes on to `at`, instant by instant. */
  async runUntil(at: number): Promise<void> {
    for (let nextAt = this.clock.nextAlarmAt(); nextAt <= at; nextAt = this.clock.nextAlarmAt()) {
      this.clock.advance(Math.max(0, nextAt - this.now()));
      await this.settle();
    }
    this.clock.advance(Math.max(0, at - this.now()));
  }

  run(ms: number): Promise<void> {
    return this.runUntil(this.now() + ms);
  }

  /** Time stands still until this settles, or has had its chance: for what Node's streams do, which takes turns of the event loop. */
  hold(work: Promise<unknown>): void {
    this.#held.add(work);
    void work.finally(() => this.#held.delete(work));
  }

  /** Resolves when every promise that can settle without time passing has done so. */
  async settle(): Promise<void> {
    await this.#drain();
    for (let turn = 0; this.#held.size > 0 && turn < HELD_TURNS_MAX; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  #drain(): Promise<void> {
    this.#turns += 1;
    // A tick comes only after the last microtask, however many of them follow from each other.
    if (this.#turns % BREATHE_EVERY !== 0) return new Promise((resolve) => process.nextTick(resolve));
    return new Promise((resolve) => setImmediate(resolve));
  }
}
