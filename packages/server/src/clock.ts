import { performance } from 'node:perf_hooks';
import { AlarmQueue } from './alarm-queue.ts';

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

/** What the system clock stands on: a wall clock that may be set at any time, a count that only rises, and a timer. */
export interface Timekeeping {
  wallMs(): number;
  monotonicMs(): number;
  /** Calls `ring` once after `delayMs`; returns how to call it off. */
  after(delayMs: number, ring: () => void): () => void;
}

const machine: Timekeeping = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, ring) {
    const timer = setTimeout(ring, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** The machine's clock, smoothed: monotonic time since the start, drawn slowly towards the wall clock. */
export function createSystemClock(timekeeping: Timekeeping = machine): Clock {
  const { wallMs, monotonicMs, after } = timekeeping;
  let slewedAt = monotonicMs();
  let last = Math.floor(wallMs());
  let anchorAt = last - slewedAt;

  const now = () => {
    const elapsedMs = monotonicMs();
    const sinceSlewMs = elapsedMs - slewedAt;
    if (sinceSlewMs >= 1_000) {
      const errorMs = wallMs() - (anchorAt + elapsedMs);
      const bound = sinceSlewMs * SLEW;
      anchorAt += Math.max(-bound, Math.min(bound, errorMs));
      slewedAt = elapsedMs;
    }
    last = Math.max(last, Math.floor(anchorAt + elapsedMs));
    return last;
  };

  return {
    now,
    alarm(at, ring) {
      let cancel: () => void;
      const set = () => {
        const delayMs = Math.max(0, at - now());
        cancel = after(Math.min(delayMs, TIMEOUT_MAX_MS), () => (delayMs > TIMEOUT_MAX_MS ? set() : ring()));
      };
      set();
      return () => cancel();
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
  const alarms = new AlarmQueue();
  return {
    now: () => now,
    alarm: (at, ring) => alarms.add(at, ring),
    advance(ms) {
      const end = now + ms;
      for (let next = alarms.takeDue(end); next !== undefined; next = alarms.takeDue(end)) {
        now = Math.max(now, next.at);
        next.ring();
      }
      now = end;
    },
    nextAlarmAt: () => alarms.nextAt(),
  };
}
