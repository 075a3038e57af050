import type { Clock } from './clock.ts';
import type { Presence } from './presence.ts';

/** What keeps time for labels: a `Presence`, or a stand-in where there is no connection. */
export type Timekeeper = Pick<Presence, 'now' | 'clock' | 'isLookedAt' | 'subscribe'>;

interface Bell {
  readonly at: number;
  readonly ring: () => void;
}

const NEVER = Number.POSITIVE_INFINITY;
/** Less than this is the drift of clocks. */
const MOVED_MS = 100;

/** One timer for all labels of a page. Times are the server's, in epoch milliseconds. Without bells, or while nobody looks, it sleeps. */
export class Ticker {
  readonly #time: Timekeeper;
  readonly #bells = new Set<Bell>();
  #alarmAt = NEVER;
  #offsetMs = 0;
  #looked = true;
  #cancel = () => {};
  #unsubscribe: (() => void) | undefined;

  constructor(time: Timekeeper) {
    this.#time = time;
  }

  /** Rings once at this time, or when somebody looks again after it, or when the idea of the time moves. Returns how to call it off. */
  at(at: number, ring: () => void): () => void {
    const bell = { at, ring };
    this.#wake();
    this.#bells.add(bell);
    if (at < this.#alarmAt) this.#arm(at);
    return () => {
      if (this.#bells.delete(bell) && this.#bells.size === 0) this.#sleep();
    };
  }

  #wake(): void {
    if (this.#unsubscribe) return;
    this.#offsetMs = this.#time.now() - this.#time.clock.now();
    this.#looked = this.#time.isLookedAt;
    this.#unsubscribe = this.#time.subscribe(() => this.#check());
  }

  #sleep(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#arm(NEVER);
  }

  #check(): void {
    const { clock, isLookedAt } = this.#time;
    const offsetMs = this.#time.now() - clock.now();
    const moved = Math.abs(offsetMs - this.#offsetMs) > MOVED_MS;
    if (!moved && isLookedAt === this.#looked) return;
    this.#looked = isLookedAt;
    // While nobody looks, the move is remembered by not taking note of it.
    if (isLookedAt) this.#offsetMs = offsetMs;
    this.#ring(moved ? NEVER : this.#time.now());
  }

  #arm(at: number): void {
    this.#cancel();
    this.#cancel = () => {};
    this.#alarmAt = at;
    if (!this.#looked || at === NEVER) return;
    this.#cancel = this.#time.clock.after(Math.max(0, at - this.#time.now()), () => this.#ring(this.#time.now()));
  }

  #ring(until: number): void {
    // Whoever is rung sets the next bell meanwhile; all are armed together afterwards.
    this.#alarmAt = Number.NEGATIVE_INFINITY;
    if (this.#looked) for (const bell of [...this.#bells]) if (bell.at <= until && this.#bells.delete(bell)) bell.ring();
    let next = NEVER;
    for (const { at } of this.#bells) next = Math.min(next, at);
    if (next === NEVER && this.#bells.size === 0) this.#sleep();
    else this.#arm(next);
  }
}

const tickers = new WeakMap<Timekeeper, Ticker>();

/** The one ticker of a client. */
export function tickerOf(time: Timekeeper): Ticker {
  let ticker = tickers.get(time);
  if (!ticker) {
    ticker = new Ticker(time);
    tickers.set(time, ticker);
  }
  return ticker;
}

/** A timekeeper of this machine alone, always looked at. */
export function localTimekeeper(clock: Clock): Timekeeper {
  return { clock, now: clock.now, isLookedAt: true, subscribe: () => () => {} };
}
