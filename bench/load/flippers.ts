import type { Crowd } from './crowd.ts';
import type { Ledger } from './ledger.ts';
import type { LoadConnection } from './load-connection.ts';
import { pause, type Stage, settle } from './stage.ts';

const TICK_MS = 5;
/** Flips under way at once: twice what a server that gathers for 100 ms has, and little enough to be settled in time by the slowest. */
const UNSETTLED_MAX = 200;

/** What a round of flipping came to. */
export interface FlipRound {
  flips: number;
  /** Flips left out because earlier ones had not yet reached everybody: above 0, the server did not keep pace. */
  late: number;
  /** Deliveries that never came. */
  lost: number;
}

/**
 * Users who flip so many times a second, each at its own moment of the second. A user whose last flip has not reached everybody waits, and so
 * does everybody when too many are under way: an overloaded server is measured at the pace it can hold.
 */
export class Flippers {
  readonly #stage: Stage;
  readonly #users: readonly LoadConnection[];
  readonly #online: Uint8Array;

  /** The connections of users 0, 1, 2 …, in that order. */
  constructor(stage: Stage, users: readonly LoadConnection[]) {
    this.#stage = stage;
    this.#users = users;
    this.#online = new Uint8Array(users.length).fill(1);
  }

  /** Flips for a while, then waits for the last delivery. */
  async run(crowd: Crowd, ledger: Ledger, durationMs: number, flipsPerSecond = 1): Promise<FlipRound> {
    const round: FlipRound = { flips: 0, late: 0, lost: 0 };
    const startedAt = performance.now();
    let turn = 0;
    while (performance.now() - startedAt < durationMs) {
      const due = Math.floor(((performance.now() - startedAt) * this.#users.length * flipsPerSecond) / 1_000);
      for (; turn < due; turn++) this.#flip(turn % this.#users.length, ledger, round);
      crowd.check();
      await pause(TICK_MS);
    }
    round.lost = await settle(ledger, () => crowd.check());
    crowd.check();
    return round;
  }

  /** The truth of the moment. */
  isOnline(user: number): boolean {
    return this.#online[user] === 1;
  }

  #flip(user: number, ledger: Ledger, round: FlipRound): void {
    if (!ledger.isSettled(user) || ledger.unsettled >= UNSETTLED_MAX) {
      round.late++;
      return;
    }
    const online = this.#online[user] === 0;
    this.#online[user] = online ? 1 : 0;
    round.flips++;
    ledger.flipped(user, online, performance.now());
    this.#stage.wire.flip!(this.#users[user]!, online);
  }
}
