import { grownFloats } from './packed.ts';

/**
 * When each user was last seen and last active, two plain numbers a user side by side, by `User.index`: a sign of life changes one in
 * place and fetches nothing else of the user. As fields of the user they took 48 bytes instead of 16. NaN stands for never.
 */
export class UserTimes {
  #at = new Float64Array(256);
  /** How long the buckets are that some are shown a time in. */
  readonly bucketMs: number;

  constructor(bucketMs: number) {
    this.bucketMs = bucketMs;
  }

  seenAt(index: number): number {
    return this.#at[2 * index] as number;
  }

  activeAt(index: number): number {
    return this.#at[2 * index + 1] as number;
  }

  set(index: number, seenAt: number, activeAt: number): void {
    // A table may grow to an odd length.
    if (2 * index + 1 >= this.#at.length) this.#at = grownFloats(this.#at, 2 * index + 2);
    this.#at[2 * index] = seenAt;
    this.#at[2 * index + 1] = activeAt;
  }

  /** Takes a proof of life into account; not, and says false, when the last one may be two buckets back: there is more to do then. */
  see(index: number, at: number): boolean {
    const last = this.#at[2 * index] as number;
    // Written so that never is as long ago as can be.
    if (!(at - last <= this.bucketMs)) return false;
    if (at > last) this.#at[2 * index] = at;
    return true;
  }
}
