/** The first wait; it doubles with every failure. */
export const RETRY_FIRST_MS = 500;
export const RETRY_MAX_MS = 30_000;

/**
 * How long to wait before connecting again. `failures` counts those in a row before this one. Without a word of the server: doubling, and
 * between half and the whole of it by chance, so that those who were lost together do not return together. With one (`retryAfterMs`):
 * never sooner, and up to a quarter later. `random` gives 0 to 1.
 */
export function retryDelayMs(failures: number, retryAfterMs: number | undefined, random: () => number): number {
  if (retryAfterMs !== undefined && retryAfterMs >= 0) return retryAfterMs * (1 + random() / 4);
  return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures, 16)) * (0.5 + random() / 2);
}
