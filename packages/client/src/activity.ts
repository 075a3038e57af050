import type { Clock } from './clock.ts';
import type { Signal } from './environment.ts';

/** What a page says of the person in front of it. */
export interface Activity {
  /** Milliseconds since the last input. */
  idleMs: number;
  /** The page is not in front. */
  background: boolean;
  /** What the person looks at, if it was said. */
  screen: string | undefined;
}

/** Watches one page for signs of its person. */
export interface ActivityWatch {
  current(): Activity;
  hear(signal: Signal): void;
  /** Names what the person looks at, if anything, which is an input too. */
  look(screen: string | undefined): void;
  stop(): void;
}

const REPORT_MIN_MS = 10_000;
const AWAY_AFTER_MS = 180_000;

/** How often activity is reported: often enough that nobody active is taken for away; by a guess until the server said when that is. */
export const reportIntervalMs = (awayAfterMs = AWAY_AFTER_MS): number => Math.max(REPORT_MIN_MS, awayAfterMs / 3);

/**
 * The first input after a pause is reported at once, further ones together at the end of an interval, going to the background and coming back at
 * once: however much somebody types and moves, one small message an interval.
 */
export function createActivityWatch(clock: Clock, intervalMs: () => number, report: (activity: Activity) => void): ActivityWatch {
  let inputAt = clock.now();
  let reportedAt = inputAt;
  let background = false;
  let lookedAt: string | undefined;
  let cancel: (() => void) | undefined;

  const current = () => ({ idleMs: Math.max(0, clock.now() - inputAt), background, screen: lookedAt });

  function stop() {
    cancel?.();
    cancel = undefined;
  }

  function send() {
    stop();
    reportedAt = clock.now();
    report(current());
  }

  function input() {
    inputAt = clock.now();
    const dueAt = reportedAt + intervalMs();
    if (inputAt >= dueAt) send();
    else cancel ??= clock.after(dueAt - inputAt, send);
  }

  return {
    current,
    stop,
    hear(signal) {
      if (signal === 'input') return input();
      if (signal !== (background ? 'shown' : 'hidden')) return;
      background = !background;
      if (!background) inputAt = clock.now();
      send();
    },
    look(screen) {
      if (!screen || screen === lookedAt) return input();
      lookedAt = screen;
      inputAt = clock.now();
      send();
    },
  };
}
