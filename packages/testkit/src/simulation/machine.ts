import { type Clock, createSystemClock } from '@porchlight/server';
import type { VirtualTime } from './virtual-time.ts';

/**
 * The computer under one server process: it can freeze, as under SIGSTOP or a long collection of garbage, and die. Its wall clock can be
 * set; the process on it has the real system clock of the server, which has to cope.
 */
export class Machine {
  readonly clock: Clock;
  readonly #time: VirtualTime;
  readonly #bootedAt: number;
  #wallOffsetMs = 0;
  #dead = false;
  #frozenAt: number | undefined;
  #waiting: (() => void)[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
    this.#bootedAt = time.now();
    this.clock = createSystemClock({
      wallMs: () => time.now() + this.#wallOffsetMs,
      monotonicMs: () => time.now() - this.#bootedAt,
      after: (delayMs, ring) => time.after(delayMs, () => this.enter(ring)),
    });
  }

  get dead(): boolean {
    return this.#dead;
  }

  get frozen(): boolean {
    return this.#frozenAt !== undefined;
  }

  /** The world's time when it last did anything. */
  get ranUntil(): number {
    return this.#frozenAt ?? this.#time.now();
  }

  /** Runs something on this machine: now, when it thaws, or never. */
  enter(work: () => void): void {
    if (this.#dead) return;
    if (this.frozen) this.#waiting.push(work);
    else work();
  }

  after(delayMs: number, work: () => void): () => void {
    return this.#time.after(delayMs, () => this.enter(work));
  }

  stepWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  freeze(): void {
    this.#frozenAt ??= this.#time.now();
  }

  /** What was waiting happens now, in the order in which it came. */
  thaw(): void {
    this.#frozenAt = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const work of waiting) this.enter(work);
  }

  kill(): void {
    this.#dead = true;
    this.#waiting = [];
  }
}
