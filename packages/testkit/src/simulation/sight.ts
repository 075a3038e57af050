import { TIMES } from './bounds.ts';
import type { ClusterWeather } from './cluster-weather.ts';
import type { SessionTruth, SettingsTruth } from './truth.ts';

/** How long after it is so on one node it must be known on the others: a message that is lost is found at the next look at the logs. */
export const TOLD_MS = 3_000;
const BEAT_MS = 1_000;
/** After trouble, how long until a node has put its slots again and the others have read them. */
const REJOINED_MS = 15_000;

/** What one node of several must, and may, know of sessions on others. With one node, everything at once. */
export class Sight {
  readonly #several: boolean;
  readonly #weather: ClusterWeather;
  readonly #now: () => number;
  readonly #process: object | undefined;

  /** `process` is the one that looks; undefined for all of them together. */
  constructor(several: boolean, weather: ClusterWeather, now: () => number, process: object | undefined) {
    this.#several = several;
    this.#weather = weather;
    this.#now = now;
    this.#process = process;
  }

  /** Whether this session must be known. */
  mustKnow({ process, openedAt, shownAt, elsewhere }: SessionTruth): boolean {
    if (!this.#several) return true;
    if (this.#process === process && elsewhere !== true) return true;
    return this.#now() - Math.max(openedAt, shownAt) > TOLD_MS && this.#weather.isCalmFor(REJOINED_MS);
  }

  /** Whether a session that ended at `endBy` may still be taken for being there. */
  mayMissEnd({ process, endBy, elsewhere }: SessionTruth): boolean {
    if (!this.#several) return false;
    // While its own node was taken for dead, another may have taken the user over.
    if (this.#process === process && elsewhere !== true) return this.#weather.mayHaveMissed(endBy);
    return this.#now() <= endBy + TOLD_MS || this.#weather.mayHaveMissed(endBy + TOLD_MS);
  }

  /**
   * How much later than the last sign of life somebody may be said to have been seen: a node that is taken for dead vouches with its beat for
   * every connection of which it had not noticed the end.
   */
  beatSlackMs(evidenceAt: number): number {
    if (!this.#several) return 0;
    return this.#weather.hasBeenTroubledSince(evidenceAt) ? TIMES.pingIntervalMs + TIMES.pingTimeoutMs + BEAT_MS : BEAT_MS;
  }

  /** Whether what a user has set must hold here. */
  mustHold({ certain, changedAt }: SettingsTruth): boolean {
    return (
      !this.#several ||
      (certain &&
        this.#now() - changedAt > TOLD_MS &&
        (this.#weather.isCalmFor(REJOINED_MS) || this.#weather.beganAfter(changedAt + TOLD_MS)))
    );
  }
}
