import type { Clock } from './clock.ts';
import type { Signal } from './environment.ts';

/** What a page says of the person in front of it. */
export interface Activity {
  /** Milliseconds since the last input. */
  idleMs: number;
  /** The page is not in front. */
  background: boolean;
  /** What the person looks at, if it was said. */
  screen: string | undefined;
}

const REPORT_MIN_MS = 10_000;
const AWAY_AFTER_MS = 180_000;

/** How often activity is reported: often enough that nobody active is taken for away; by a guess until the server said when that is. */
export const reportIntervalMs = (awayAfterMs = AWAY_AFTER_MS): number => Math.max(REPORT_MIN_MS, awayAfterMs / 3);

/**
 * Watches one page for signs of its person. The first input after a pause is reported at once, further ones together at the end of an
 * interval, going to the background and coming back at once: however much somebody types and moves, one small message an interval.
 */
export class ActivityWatch {
  readonly #clock: Clock;
  readonly #intervalMs: () => number;
  readonly #report: (activity: Activity) => void;
  #inputAt: number;
  #reportedAt: number;
  #background = false;
  #screen: string | undefined;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, intervalMs: () => number, report: (activity: Activity) => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#report = report;
    this.#inputAt = this.#reportedAt = clock.now();
  }

  current(): Activity {
    return { idleMs: Math.max(0, this.#clock.now() - this.#inputAt), background: this.#background, screen: this.#screen };
  }

  hear(signal: Signal): void {
    if (signal === 'input') this.#input();
    else if ((signal === 'hidden' && !this.#background) || (signal === 'shown' && this.#background)) {
      this.#background = signal === 'hidden';
      if (!this.#background) this.#inputAt = this.#clock.now();
      this.#send();
    }
  }

  /** Names what the person looks at, if anything, which is an input too. */
  look(screen: string | undefined): void {
    if (!screen || screen === this.#screen) return this.#input();
    this.#screen = screen;
    this.#inputAt = this.#clock.now();
    this.#send();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #input(): void {
    this.#inputAt = this.#clock.now();
    const dueAt = this.#reportedAt + this.#intervalMs();
    if (this.#inputAt >= dueAt) this.#send();
    else this.#cancel ??= this.#clock.after(dueAt - this.#inputAt, () => this.#send());
  }

  #send(): void {
    this.stop();
    this.#reportedAt = this.#clock.now();
    this.#report(this.current());
  }
}
