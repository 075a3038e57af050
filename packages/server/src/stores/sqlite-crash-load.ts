import { emptyBatch, type SessionRecord, type StoreBatch, type UserRecord } from './store.ts';

const USERS = 200;
const TENANT = 'app';

/** A small generator of numbers from 0 to 1 (mulberry32), so that the killed process and its judge make the same batches. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Batch `number` of a cycle: some users seen, a session each, and a beat; always the same for the same arguments. */
export function crashBatch(seed: number, cycle: number, number: number): StoreBatch {
  const random = seeded(seed * 7_919 + cycle * 104_729 + number);
  // 10 ms apart, less up to 50: so times also come late.
  const at = cycle * 1_000_000 + number * 10 - Math.floor(random() * 50) + 100;
  const names = new Set(Array.from({ length: 1 + Math.floor(random() * 12) }, () => `user-${Math.floor(random() * USERS)}`));
  const users = [...names].map(
    (user): UserRecord => ({
      ...{
        tenant: TENANT,
        user,
        seenAt: at,
        activeAt: at,
        restingSeenAt: at,
        restingActiveAt: at,
        coarseSeenAt: null,
        coarseUntilAt: null,
      },
      ...{
        availability: 'auto',
        availabilityUntilAt: null,
        text: `${cycle}/${number}`,
        onlineRule: 'everyone',
        lastSeenRule: 'everyone',
        coarseLastSeenRule: 'nobody',
      },
      ...{ optedOut: false, signedOutAt: null, profile: null },
    }),
  );
  const sessions = users.map(
    ({ tenant, user }): SessionRecord => ({
      ...{ id: `${cycle}/${number}/${user}`, tenant, user, node: `node-${cycle}`, kind: 'link', dialect: 'native', platform: 'web' },
      ...{ appVersion: null, device: null, screen: null, startedAt: at, seenAt: at, leaseUntilAt: null, hidden: false },
      ...(random() < 0.7 ? { endedAt: at, endReason: 'left' } : { endedAt: null, endReason: null }),
    }),
  );
  return { ...emptyBatch(), users, sessions, beat: { node: `node-${cycle}`, at } };
}
