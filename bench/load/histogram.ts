const FINE_US = 10;
const FINE_BUCKETS = 10_000;
const COARSE_US = 1_000;
const COARSE_BUCKETS = 60_000;

/** Median and tails, in milliseconds. */
export interface Percentiles {
  count: number;
  medianMs: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

/**
 * Counts durations in fixed buckets: 10 µs wide up to 100 ms, then 1 ms wide up to a minute. Recording is one increment, because it
 * happens once a delivery on the load generator's hot path.
 */
export class Histogram {
  readonly #fine = new Uint32Array(FINE_BUCKETS);
  readonly #coarse = new Uint32Array(COARSE_BUCKETS);
  #count = 0;
  #maxMs = 0;

  record(durationMs: number): void {
    this.#count++;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
    const fine = Math.max(0, Math.floor((durationMs * 1_000) / FINE_US));
    if (fine < FINE_BUCKETS) this.#fine[fine]!++;
    else this.#coarse[Math.min(COARSE_BUCKETS - 1, Math.floor((durationMs * 1_000) / COARSE_US))]!++;
  }

  percentiles(): Percentiles {
    return {
      count: this.#count,
      medianMs: this.#quantile(0.5),
      p99Ms: this.#quantile(0.99),
      p999Ms: this.#quantile(0.999),
      maxMs: this.#maxMs,
    };
  }

  /** The upper edge of the bucket in which the quantile lies, so that a figure is never flattered. */
  #quantile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.ceil(this.#count * share);
    for (let bucket = 0; bucket < FINE_BUCKETS; bucket++) {
      left -= this.#fine[bucket]!;
      if (left <= 0) return Math.min(this.#maxMs, ((bucket + 1) * FINE_US) / 1_000);
    }
    for (let bucket = 0; bucket < COARSE_BUCKETS; bucket++) {
      left -= this.#coarse[bucket]!;
      if (left <= 0) return Math.min(this.#maxMs, ((bucket + 1) * COARSE_US) / 1_000);
    }
    return this.#maxMs;
  }
}
