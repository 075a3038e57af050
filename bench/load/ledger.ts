import { Histogram } from './histogram.ts';

/**
 * Every expected delivery, counted. A user's next flip waits until the last one has reached all its watchers, so each delivery belongs
 * to one flip, its latency is exact, and a loss cannot be hidden by a later flip.
 */
export class Ledger {
  latency = new Histogram();
  delivered = 0;
  expected = 0;
  /** Deliveries to somebody who does not watch, as servers that tell everybody make. */
  unwanted = 0;
  /** Deliveries that came twice, or too late to belong to a flip. */
  surplus = 0;
  /** Flips that have not yet reached everybody. */
  unsettled = 0;
  readonly #watchersOf: Uint32Array;
  readonly #watched: Uint8Array;
  readonly #missing: Uint32Array;
  readonly #flippedAtMs: Float64Array;
  readonly #users: number;
  readonly #last: Uint8Array;

  /** `watchedBy(watcher)` lists the users that a watcher, numbered from 0, watches. */
  constructor(users: number, watchers: number, watchedBy: (watcher: number) => readonly number[]) {
    this.#users = users;
    this.#watchersOf = new Uint32Array(users);
    this.#missing = new Uint32Array(users);
    this.#flippedAtMs = new Float64Array(users);
    // One byte a pair: bit 0 says that it watches, bits 1 and 2 hold what it was last told (0 nothing, 1 offline, 2 online).
    this.#watched = new Uint8Array(users * watchers);
    this.#last = new Uint8Array(users);
    for (let watcher = 0; watcher < watchers; watcher++) {
      for (const user of watchedBy(watcher)) {
        this.#watched[watcher * users + user] = 1;
        this.#watchersOf[user]!++;
      }
    }
  }

  /** Begins a new count; what watchers were last told stays. Only when nothing is outstanding. */
  restart(): void {
    this.latency = new Histogram();
    this.delivered = 0;
    this.expected = 0;
    this.unwanted = 0;
    this.surplus = 0;
  }

  /** True when every watcher has heard of the user's last flip. */
  isSettled(user: number): boolean {
    return this.#missing[user] === 0;
  }

  get outstanding(): number {
    return this.expected - this.delivered;
  }

  flipped(user: number, online: boolean, atMs: number): void {
    this.#flippedAtMs[user] = atMs;
    if (this.#watchersOf[user]! > 0) this.unsettled++;
    this.#missing[user]! += this.#watchersOf[user]!;
    this.#last[user] = online ? 2 : 1;
    this.expected += this.#watchersOf[user]!;
  }

  /** Counts what is outstanding as lost, so that users may flip again. */
  writeOff(): number {
    const lost = this.outstanding;
    this.#missing.fill(0);
    this.expected -= lost;
    this.unsettled = 0;
    return lost;
  }

  received(watcher: number, user: number, online: boolean, atMs: number): void {
    const pair = watcher * this.#users + user;
    const state = this.#watched[pair]!;
    if ((state & 1) === 0) {
      this.unwanted++;
      return;
    }
    const told = online ? 2 : 1;
    if (state >> 1 === told || this.#last[user] !== told) {
      this.surplus++;
      return;
    }
    this.#watched[pair] = 1 | (told << 1);
    // Written off.
    if (this.#missing[user] === 0) return;
    this.delivered++;
    if (--this.#missing[user]! === 0) this.unsettled--;
    this.latency.record(atMs - this.#flippedAtMs[user]!);
  }
}
