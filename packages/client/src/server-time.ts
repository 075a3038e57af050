import { type Clock, isTime } from './clock.ts';

/** The server's time as far as it is known here: a wrong clock on this machine changes nothing. */
export interface ServerTime {
  /** Epoch milliseconds of the server; this machine's own until the server was first heard. */
  now(): number;
  /**
   * Takes in a time that the server wrote; `exact` when it was written just before sending. Returns true when that moved the idea of
   * the time so far that labels may have to change.
   */
  hear(at: number, exact?: boolean): boolean;
}

/** Delivery takes time, so what is heard is always a little late and the earliest is the best; being off by more is another matter. */
const LATE_MAX_MS = 2_000;
const NOTICED_MS = 500;

export function createServerTime(clock: Clock): ServerTime {
  let offsetMs = 0;
  let known = false;
  return {
    now: () => clock.now() + offsetMs,
    hear(at, exact = false) {
      const movedMs = at - clock.now() - offsetMs;
      const laterMaxMs = exact ? LATE_MAX_MS : Number.POSITIVE_INFINITY;
      if (!isTime(at) || (known && movedMs <= 0 && movedMs >= -laterMaxMs)) return false;
      known = true;
      offsetMs += movedMs;
      return Math.abs(movedMs) > NOTICED_MS;
    },
  };
}
