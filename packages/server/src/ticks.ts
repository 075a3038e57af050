import type { Clock } from './clock.ts';

/** Ticks lie on a grid of times, so that those who wait are told together; there are none while nobody waits. */
export class Ticks {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #tick: (now: number) => void;
  #cancel: (() => void) | undefined;
  #at = Number.POSITIVE_INFINITY;

  /** With 0 ms between them, a tick comes as soon as it is wanted. */
  constructor(clock: Clock, everyMs: number, tick: (now: number) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#tick = tick;
  }

  /** Asks for the next tick after `now`. */
  want(now: number): void {
    const at = this.#everyMs === 0 ? now : (Math.floor(now / this.#everyMs) + 1) * this.#everyMs;
    if (at >= this.#at) return;
    this.#cancel?.();
    this.#at = at;
    this.#cancel = this.#clock.alarm(at, () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#tick(this.#clock.now());
    });
  }

  close(): void {
    this.#cancel?.();
  }
}
