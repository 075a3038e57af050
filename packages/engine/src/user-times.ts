import { grownFloats } from './packed.ts';

/**
 * When each user was last seen and last active, two plain numbers a user side by side, by `User.index`: a sign of life changes one in
 * place and fetches nothing else of the user. As fields of the user they took 48 bytes instead of 16. NaN stands for never.
 */
export class UserTimes {
  #at = new Float64Array(256);

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

  /** Takes a proof of life into account. */
  see(index: number, at: number): void {
    // Written so that any time is later than never.
    if (!(at <= (this.#at[2 * index] as number))) this.#at[2 * index] = at;
  }
}
