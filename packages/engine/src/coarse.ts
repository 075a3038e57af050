/** A last seen as those are shown it who may know no more than a bucket: it lies in the `withinMs` from `lastSeenAt` on. */
export interface CoarseTime {
  readonly lastSeenAt: number;
  readonly withinMs: number;
}

/** What those who see buckets are shown until a time, whatever becomes known meanwhile. Null is never. */
export interface Held {
  readonly seenAt: number | null;
  readonly untilAt: number;
}

/**
 * The bucket that a time lies in. Buckets begin at fixed times: were it the time that has passed which is rounded, the moment at which the
 * answer changes would tell the very millisecond. The two youngest are one, or whoever asks again and again would see a user come who was
 * here in the one before.
 */
export function coarseTime(seenAt: number, bucketMs: number, now: number): CoarseTime {
  const bucket = Math.floor(seenAt / bucketMs);
  const youngest = Math.max(Math.floor(now / bucketMs), bucket);
  return bucket >= youngest - 1
    ? { lastSeenAt: (youngest - 1) * bucketMs, withinMs: 2 * bucketMs }
    : { lastSeenAt: bucket * bucketMs, withinMs: bucketMs };
}

/**
 * What has to be held when `is` takes the place of `was` at `now`; undefined when nobody could see it before the bucket is over. Somebody who
 * was away for a whole bucket would otherwise be seen to return at the very moment; they are from the end of the bucket in which they
 * did. What was shown does not go back either, when a time turns out later to be a little earlier.
 */
export function heldFor(was: number | null, is: number | null, bucketMs: number, now: number): Held | undefined {
  if (is === null) return undefined;
  const bucket = Math.floor(is / bucketMs);
  const skipped = was === null ? 2 : bucket - Math.floor(was / bucketMs);
  if (skipped >= 2) return { seenAt: was, untilAt: (bucket + 1) * bucketMs };
  return skipped < 0 ? { seenAt: was, untilAt: (Math.floor(now / bucketMs) + 1) * bucketMs } : undefined;
}

/** Of what is held here and what another node holds: for longer, or of the same bucket the later time. */
export function laterHeld(a: Held | null, b: Held | null): Held | null {
  if (a === null || b === null) return a ?? b;
  if (a.untilAt !== b.untilAt) return a.untilAt > b.untilAt ? a : b;
  return (b.seenAt ?? Number.NEGATIVE_INFINITY) > (a.seenAt ?? Number.NEGATIVE_INFINITY) ? b : a;
}

export const isOfEarlierBucket = (at: number, bucketMs: number, now: number) => Math.floor(at / bucketMs) < Math.floor(now / bucketMs);
