import { TIMES } from './bounds.ts';
import { noTrouble, type StoreTrouble } from './faulty-store.ts';

/** When the stores of a world were in trouble: what was written about then may have been lost by a crash. World times. */
export class TroubleLog {
  readonly now: StoreTrouble = noTrouble();
  #beganAt = Number.NEGATIVE_INFINITY;
  #endedAt = Number.NEGATIVE_INFINITY;

  get isOn(): boolean {
    return this.#endedAt === Number.POSITIVE_INFINITY;
  }

  begin(trouble: Partial<StoreTrouble>, at: number): void {
    Object.assign(this.now, trouble);
    // Trouble soon after trouble is one, because what was put off has not been written yet.
    if (!this.isOn && at - this.#endedAt > TIMES.durableMs) this.#beganAt = at;
    this.#endedAt = Number.POSITIVE_INFINITY;
  }

  end(at: number): void {
    Object.assign(this.now, noTrouble());
    if (this.isOn) this.#endedAt = at;
  }

  /** Nothing was written meanwhile for another reason: the process was frozen. */
  mark(from: number, to: number): void {
    if (this.isOn) this.#beganAt = Math.min(this.#beganAt, from);
    else {
      if (from - this.#endedAt > TIMES.durableMs) this.#beganAt = from;
      this.#endedAt = Math.max(this.#endedAt, to);
    }
  }

  /** At a crash at `at`: the latest time of which everything is stored. */
  storedUntil(at: number): number {
    const isOver = at - this.#endedAt > TIMES.durableMs;
    return (isOver ? at : Math.min(at, this.#beganAt)) - TIMES.durableMs;
  }
}
