import { apartMs } from './bounds.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What is wrong between nodes and the place where they meet. */
export interface Weather {
  lost: boolean;
  duplicated: boolean;
  reordered: boolean;
  ambiguous: boolean;
}

/** How a node is cut off: its calls do not arrive, or what is answered and published does not, or neither. */
export type Cut = 'calls' | 'answers' | 'both';

/** How long after the last trouble everything is as if there had been none: a lease, a second look at many dead, grace, a window. */
const RECOVERY_MS = 60_000;
/** How long after a loss until everything is there again, and the others have heard of it. */
const PUT_AGAIN_MS = 20_000;

/**
 * When the cluster of a world was in trouble. Trouble soon after trouble is one, because what the first one left is not put right yet.
 */
export class ClusterWeather {
  readonly now: Weather = { lost: false, duplicated: false, reordered: false, ambiguous: false };
  readonly #time: VirtualTime;
  readonly #cuts = new Map<string, Cut>();
  /** The last cut of each process, also when it is over. */
  readonly #lastCuts = new Map<string, { beganAt: number; endedAt: number }>();
  #clockSetAt: number | undefined;
  #ongoing = 0;
  #beganAt = Number.NEGATIVE_INFINITY;
  #endedAt = Number.NEGATIVE_INFINITY;
  /** A loss of what the meeting point knew is no reason to tell anybody anything; it may only bring back what was over. */
  #lostAt = Number.NEGATIVE_INFINITY;
  /** Told at the beginning of every trouble. */
  onTrouble: () => void = () => {};

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  cutOf(process: string): Cut | undefined {
    return this.#cuts.get(process);
  }

  /** The clock of some node is set wrong. */
  clockSet(): void {
    this.#clockSetAt ??= this.#time.now();
  }

  /** How far the clocks of nodes can really be apart by now. */
  get skewMs(): number {
    return this.#clockSetAt === undefined ? 0 : apartMs(this.#time.now() - this.#clockSetAt);
  }

  /** Something that happens in an instant. */
  strike(): void {
    this.begin()();
  }

  /** The meeting point knows nothing any more, or what it knew at `knownAt`. */
  lose(knownAt: number): void {
    this.#extend(knownAt);
    this.#lostAt = this.#time.now();
    this.onTrouble();
  }

  /** Something that lasts; returns how it ends, once. */
  begin(): () => void {
    this.#extend(this.#time.now());
    this.#ongoing += 1;
    this.onTrouble();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#end();
    };
  }

  cut(process: string, how: Cut): () => void {
    const end = this.begin();
    const cut = { beganAt: this.#time.now(), endedAt: Number.POSITIVE_INFINITY };
    this.#cuts.set(process, how);
    this.#lastCuts.set(process, cut);
    return () => {
      this.#cuts.delete(process);
      cut.endedAt = this.#time.now();
      end();
    };
  }

  clear(): void {
    Object.assign(this.now, { lost: false, duplicated: false, reordered: false, ambiguous: false });
    this.#cuts.clear();
    if (this.#ongoing > 0) this.#endedAt = this.#time.now();
    this.#ongoing = 0;
  }

  /** Nothing went wrong for so long, except that everything may have been lost. */
  isCalmFor(ms: number): boolean {
    return this.#ongoing === 0 && this.#time.now() - this.#endedAt >= ms;
  }

  /** Until when a process that dies now could store for certain: whoever is cut off is taken for dead, and the store takes nothing from the dead. */
  couldStoreUntil(process: string): number {
    const cut = this.#lastCuts.get(process);
    return cut === undefined || this.#time.now() - cut.endedAt >= PUT_AGAIN_MS ? Number.POSITIVE_INFINITY : cut.beganAt;
  }

  /** Whether what ended at `at` may still be taken for being there, because of trouble. */
  mayHaveMissed(at: number): boolean {
    return at >= this.#beganAt && !this.isRecovered;
  }

  /** Whether anything was wrong at that time or later. */
  hasBeenTroubledSince(at: number): boolean {
    return this.#ongoing > 0 || this.#endedAt >= at;
  }

  /** Whether the last trouble, with all that led up to it, began later than this. */
  beganAfter(at: number): boolean {
    return this.#beganAt > at;
  }

  /** Everybody alive has put again what was lost last, and the others have heard of it. */
  get isWhole(): boolean {
    return this.isCalmFor(PUT_AGAIN_MS) && this.#time.now() - this.#lostAt >= PUT_AGAIN_MS;
  }

  /** Everything is as if nothing had ever gone wrong. */
  get isRecovered(): boolean {
    return this.isCalmFor(RECOVERY_MS) && this.#time.now() - this.#lostAt >= RECOVERY_MS;
  }

  #extend(since: number): void {
    this.#beganAt = this.isRecovered ? since : Math.min(this.#beganAt, since);
  }

  #end(): void {
    this.#ongoing = Math.max(0, this.#ongoing - 1);
    this.#endedAt = this.#time.now();
  }
}
