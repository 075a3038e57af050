import type { Clock } from '../clock.ts';

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /** Moves on, ringing what falls due on the way, and lets what that set off come to rest after each. */
  advance(ms: number): Promise<void>;
  /** How many alarms are set. */
  pending(): number;
  /** Milliseconds until the next alarm; Infinity without one. */
  nextMs(): number;
}

/** Lets promises, microtasks and loaded modules come to rest; no time passes. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve));
}

export function createManualClock(startAt = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startAt;
  const alarms = new Set<{ at: number; ring: () => void }>();
  const earliest = () => [...alarms].reduce<{ at: number; ring: () => void } | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
  return {
    now: () => now,
    after(ms, ring) {
      const alarm = { at: now + ms, ring };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
    async advance(ms) {
      const endAt = now + ms;
      await settle();
      for (let next = earliest(); next && next.at <= endAt; next = earliest()) {
        alarms.delete(next);
        now = Math.max(now, next.at);
        next.ring();
        await settle();
      }
      now = endAt;
    },
    pending: () => alarms.size,
    nextMs: () => (earliest()?.at ?? Number.POSITIVE_INFINITY) - now,
  };
}
