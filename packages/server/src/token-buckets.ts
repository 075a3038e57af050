import type { Clock } from './clock.ts';

/** A token is 60,000 drops, so that a bucket gains whole drops a millisecond and sums stay exact. */
const DROPS = 60_000;

interface Bucket {
  drops: number;
  filledAt: number;
}

export interface TokenBuckets {
  /**
   * Takes `cost` (default 1) from the bucket of `key`. Returns 0 when granted; otherwise nothing is taken and the result is the
   * milliseconds after which it will be granted (Infinity when `cost` is more than a bucket ever holds).
   */
  take(key: string, cost?: number): number;
  /** How many keys are remembered. */
  size(): number;
}

interface TokenBucketsOptions {
  /** How much a bucket holds, and how much a new key starts with. */
  burst: number;
  perMinute: number;
  /** How many keys are remembered at most. */
  keysMax: number;
  clock: Pick<Clock, 'now'>;
}

/**
 * One token bucket a key, in bounded memory.
 *
 * Buckets live in two generations, as keys that are used move to the younger one. When a whole refill has passed, everything left in the
 * older generation is full again, so dropping it forgets nothing. Only a flood of more than `keysMax / 2` keys within one refill drops
 * buckets that were not full; it costs the flooder a key each, and others nothing.
 */
export function createTokenBuckets({ burst, perMinute, keysMax, clock }: TokenBucketsOptions): TokenBuckets {
  const capacity = burst * DROPS;
  const refillMs = capacity / perMinute;
  const generationMax = Math.max(1, Math.floor(keysMax / 2));
  let young = new Map<string, Bucket>();
  let old = new Map<string, Bucket>();
  let bornAt = clock.now();

  function turnOver(now: number) {
    // After two refills of silence the younger generation is full again as well.
    old = now - bornAt >= 2 * refillMs ? new Map() : young;
    young = new Map();
    bornAt = now;
  }

  function bucketOf(key: string, now: number): Bucket {
    const known = young.get(key);
    if (known !== undefined) return known;
    const bucket = old.get(key) ?? { drops: capacity, filledAt: now };
    if (young.size >= generationMax) turnOver(now);
    old.delete(key);
    young.set(key, bucket);
    return bucket;
  }

  return {
    take(key, cost = 1) {
      const now = clock.now();
      if (now - bornAt >= refillMs) turnOver(now);
      const bucket = bucketOf(key, now);
      bucket.drops = Math.min(capacity, bucket.drops + (now - bucket.filledAt) * perMinute);
      bucket.filledAt = now;
      const missing = cost * DROPS - bucket.drops;
      if (missing > 0) return cost > burst ? Number.POSITIVE_INFINITY : Math.ceil(missing / perMinute);
      bucket.drops = -missing;
      return 0;
    },
    size: () => young.size + old.size,
  };
}
