/**
 * Time for the whole client. This is the only file that may read a clock or set a timer; everything else is given one of these, so that
 * tests can be a clock themselves.
 */
export interface Clock {
  /** Epoch milliseconds as this machine has them: goes on over sleep, and does not go back when the machine's clock is set back. */
  now(): number;
  /** Calls `ring` once, when `ms` have passed or soon after and never before; returns how to call it off. */
  after(ms: number, ring: () => void): () => void;
}

/** setTimeout fires at once for longer delays (its counter has 31 bits). */
const TIMEOUT_MAX_MS = 2_147_000_000;
/** The wall clock going ahead of the monotonic one by more than this means that the machine slept. */
const SLEPT_MS = 1_000;

export function createSystemClock(): Clock {
  let apartMs = Date.now() - performance.now();
  let anchorAt = apartMs;
  const now = () => {
    const apartNowMs = Date.now() - performance.now();
    if (apartNowMs - apartMs > SLEPT_MS) anchorAt += apartNowMs - apartMs;
    apartMs = apartNowMs;
    return Math.floor(anchorAt + performance.now());
  };
  return {
    now,
    after(ms, ring) {
      const at = now() + ms;
      let timer: ReturnType<typeof setTimeout>;
      const set = () => {
        timer = setTimeout(() => (now() < at ? set() : ring()), Math.min(TIMEOUT_MAX_MS, Math.max(0, at - now())));
      };
      set();
      return () => clearTimeout(timer);
    },
  };
}

/** This machine's own idea of the time, for functions that are used without a connection. */
export const systemNow = (): number => Date.now();

/** Whether a `Date` can be made of it, or it is null. Anything else would throw in every label. */
export const isTime = (at: unknown): boolean => Math.abs(at as number) <= 8.64e15;
