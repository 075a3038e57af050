import type { Clock } from './clock.ts';
import { notify } from './notify.ts';
import type { Presence } from './presence.ts';

/** What keeps time for labels: a `Presence`, or a stand-in where there is no connection. */
export type Timekeeper = Pick<Presence, 'now' | 'clock' | 'isLookedAt' | 'subscribe'>;

interface Bell {
  at: number;
  /** Milliseconds from now until it is to ring next. */
  readonly nextMs: (now: number) => number;
  readonly ring: () => void;
}

const NEVER = Number.POSITIVE_INFINITY;
/** Less than this is the drift of clocks. */
const MOVED_MS = 100;
const nothing = () => {};

/**
 * One timer for all labels of a page, set for the bell that is to ring first. Times are the server's, in epoch milliseconds. Without bells, or
 * while nobody looks, it sleeps; what fell due meanwhile rings when somebody looks again, and everything when the idea of the time moves.
 */
function createTicker(time: Timekeeper) {
  const bells = new Set<Bell>();
  let alarmAt = NEVER;
  let looked = true;
  let apartMs = 0;
  let cancel = nothing;
  let unsubscribe = nothing;

  const apartNowMs = () => time.now() - time.clock.now();

  function arm(at: number) {
    cancel();
    alarmAt = at;
    cancel = looked && at < NEVER ? time.clock.after(Math.max(0, at - time.now()), () => ring(time.now())) : nothing;
  }

  function ring(until: number) {
    // Whoever is rung is set for the next time; all are armed together afterwards.
    alarmAt = Number.NEGATIVE_INFINITY;
    for (const bell of looked ? [...bells] : []) {
      if (bell.at > until || !bells.has(bell)) continue;
      set(bell);
      notify([bell.ring]);
    }
    let next = NEVER;
    for (const { at } of bells) next = Math.min(next, at);
    arm(next);
  }

  function check() {
    const { isLookedAt } = time;
    const moved = Math.abs(apartNowMs() - apartMs) > MOVED_MS;
    if (!moved && isLookedAt === looked) return;
    looked = isLookedAt;
    // While nobody looks, the move is remembered by not taking note of it.
    if (looked) apartMs = apartNowMs();
    ring(moved ? NEVER : time.now());
  }

  /** Asks a bell anew when it is to ring. */
  function set(bell: Bell) {
    const now = time.now();
    bell.at = now + bell.nextMs(now);
    if (bell.at < alarmAt) arm(bell.at);
  }

  return (nextMs: Bell['nextMs'], listener: () => void) => {
    const bell = { at: NEVER, nextMs, ring: listener };
    if (bells.size === 0) {
      apartMs = apartNowMs();
      looked = time.isLookedAt;
      unsubscribe = time.subscribe(check);
    }
    bells.add(bell);
    set(bell);
    const stop = () => {
      if (!bells.delete(bell) || bells.size > 0) return;
      unsubscribe();
      arm(NEVER);
    };
    return Object.assign(stop, { again: () => set(bell) });
  };
}

const tickers = new WeakMap<Timekeeper, ReturnType<typeof createTicker>>();

/**
 * Calls `listener` each time that the milliseconds which `nextMs` gives have passed; of all that are observed by the same timekeeper one timer
 * takes care. The returned function stops it; its `again` asks `nextMs` anew.
 */
export function observeTime(time: Timekeeper, nextMs: (now: number) => number, listener: () => void) {
  const observe = tickers.get(time) ?? createTicker(time);
  tickers.set(time, observe);
  return observe(nextMs, listener);
}

/** A timekeeper of this machine alone, always looked at. */
export function localTimekeeper(clock: Clock): Timekeeper {
  return { clock, now: clock.now, isLookedAt: true, subscribe: () => nothing };
}
