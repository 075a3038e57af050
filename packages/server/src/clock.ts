import { performance } from 'node:perf_hooks';

/**
 * Time for the whole server. This is the only file that may read a clock or set a timer; everything else is given one of these, so
 * that tests and the simulator can be a clock themselves.
 */
export interface Clock {
  /** Epoch milliseconds; never goes back, and does not jump when the machine's clock is set. */
  now(): number;
  /** Calls `ring` once, at or soon after `at`; returns how to call it off. */
  alarm(at: number, ring: () => void): () => void;
}

/** setTimeout fires at once for longer delays (its counter has 31 bits). */
const TIMEOUT_MAX_MS = 2_147_000_000;
/** How fast a wrong clock is followed: 5 ms a second, slow enough that no deadline is off by more than half a percent. */
const SLEW = 0.005;

/** The machine's clock, smoothed: monotonic time since the start, drawn slowly towards the wall clock. */
export function createSystemClock(): Clock {
  let anchorAt = Date.now() - performance.now();
  let last = Date.now();
  let slewedAt = performance.now();

  const now = () => {
    const monotonicMs = performance.now();
    const sinceSlewMs = monotonicMs - slewedAt;
    if (sinceSlewMs >= 1_000) {
      const errorMs = Date.now() - (anchorAt + monotonicMs);
      const bound = sinceSlewMs * SLEW;
      anchorAt += Math.max(-bound, Math.min(bound, errorMs));
      slewedAt = monotonicMs;
    }
    last = Math.max(last, Math.floor(anchorAt + monotonicMs));
    return last;
  };

  return {
    now,
    alarm(at, ring) {
      let timer: NodeJS.Timeout;
      const set = () => {
        const delayMs = Math.max(0, at - now());
        timer = setTimeout(() => (delayMs > TIMEOUT_MAX_MS ? set() : ring()), Math.min(delayMs, TIMEOUT_MAX_MS));
        timer.unref();
      };
      set();
      return () => clearTimeout(timer);
    },
  };
}

/** A clock that stands still until it is told to move; alarms ring in order while it does. For tests and the simulator. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`, ringing what falls due on the way. */
  advance(ms: number): void;
  /** When the next alarm is set for; Infinity when none is. */
  nextAlarmAt(): number;
}

export function createManualClock(startAt = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startAt;
  let counter = 0;
  const alarms = new Map<number, { at: number; ring: () => void }>();

  const earliest = () => {
    let found: [number, { at: number; ring: () => void }] | undefined;
    for (const each of alarms) if (found === undefined || each[1].at < found[1].at) found = each;
    return found;
  };

  return {
    now: () => now,
    alarm(at, ring) {
      const key = ++counter;
      alarms.set(key, { at, ring });
      return () => alarms.delete(key);
    },
    advance(ms) {
      const end = now + ms;
      for (let next = earliest(); next !== undefined && next[1].at <= end; next = earliest()) {
        alarms.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].ring();
      }
      now = end;
    },
    nextAlarmAt: () => earliest()?.[1].at ?? Number.POSITIVE_INFINITY,
  };
}
