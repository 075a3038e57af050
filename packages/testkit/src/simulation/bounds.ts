/** The parameters of every simulated node: the server's defaults. */
export const TIMES = {
  graceMs: 15_000,
  closingGraceMs: 3_000,
  pingIntervalMs: 15_000,
  pingTimeoutMs: 10_000,
  leaseMs: 300_000,
  /** Short, so that many begin within a run. */
  lastSeenBucketMs: 300_000,
  flushMs: 100,
  awayAfterMs: 300_000,
  /** How long after a change a crash may lose it: the write-behind's wait, a retry, and the node's beat. */
  durableMs: 3_000,
} as const;

/** Two ticks of delivery and the rounding of times. */
const SLACK_MS = 2 * TIMES.flushMs + 50;
/** A clock that was set wrong runs this much too fast or too slow while it is brought back. */
const SLEW = 0.006;

/** The latest that something due in `ms` may be seen. */
export const latestMs = (ms: number) => ms * (1 + SLEW) + SLACK_MS;
/** How far two clocks are apart at most, so long after the first was set wrong: one too fast, the other too slow. */
export const apartMs = (ms: number) => 2 * SLEW * ms;
/** The earliest: one tick early is not early. */
export const earliestMs = (ms: number) => ms * (1 - SLEW) - TIMES.flushMs;
