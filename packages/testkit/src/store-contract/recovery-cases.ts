import type { SessionRecord, UserRecord } from '@porchlight/server';
import { T0 } from './scene.ts';

/** The node's last beat, its crash being noticed at the next start. */
export const BEAT = T0 + 10_000;
export const RESTART = T0 + 60_000;

/** One user with one session when the node died, and what is to be told of both afterwards. */
interface RecoveryCase {
  what: string;
  user?: Partial<UserRecord>;
  session?: Partial<SessionRecord>;
  /** When the user was online last, as the next start tells it; null when it does not. */
  online: number | null;
  /** What was left of the grace of somebody who was lost; absent for whoever was connected. */
  graceMs?: number;
  leases?: number;
  seenAt: number | null;
  restingSeenAt: number | null;
  ended: [at: number | null, reason: string | null];
}

/** What makes a session a lease. */
export const lease = (leaseUntilAt: number, seenAt = T0 + 5_000): Partial<SessionRecord> => ({ kind: 'lease', leaseUntilAt, seenAt });
const crashed: [number, string] = [BEAT, 'crashed'];

export const RECOVERY_CASES: RecoveryCase[] = [
  { what: 'an open link ended at the last beat', online: BEAT, seenAt: BEAT, restingSeenAt: BEAT, ended: crashed },
  {
    what: 'a link heard of after the last beat ended then',
    session: { seenAt: BEAT + 400 },
    online: BEAT + 400,
    seenAt: BEAT + 400,
    restingSeenAt: BEAT + 400,
    ended: [BEAT + 400, 'crashed'],
  },
  {
    what: 'a link that began after the last beat ended when it began',
    session: { startedAt: BEAT + 700, seenAt: BEAT + 700 },
    online: BEAT + 700,
    seenAt: BEAT + 700,
    restingSeenAt: BEAT + 700,
    ended: [BEAT + 700, 'crashed'],
  },
  {
    what: 'a hidden link was seen, but by nobody',
    session: { hidden: true },
    online: null,
    seenAt: BEAT,
    restingSeenAt: T0,
    ended: crashed,
  },
  {
    what: 'an invisible user was online, but seen by nobody',
    user: { availability: 'invisible' },
    online: BEAT,
    seenAt: BEAT,
    restingSeenAt: T0,
    ended: crashed,
  },
  {
    what: 'a user invisible until after the end too',
    user: { availability: 'invisible', availabilityUntilAt: BEAT + 1 },
    online: BEAT,
    seenAt: BEAT,
    restingSeenAt: T0,
    ended: crashed,
  },
  {
    what: 'a user whose invisibility had run out was seen',
    user: { availability: 'invisible', availabilityUntilAt: BEAT },
    online: BEAT,
    seenAt: BEAT,
    restingSeenAt: BEAT,
    ended: crashed,
  },
  { what: 'away is seen', user: { availability: 'away' }, online: BEAT, seenAt: BEAT, restingSeenAt: BEAT, ended: crashed },
  {
    what: 'of a user who opted out nothing moves and nothing is told',
    user: { optedOut: true, seenAt: null, restingSeenAt: null },
    online: null,
    seenAt: null,
    restingSeenAt: null,
    ended: crashed,
  },
  {
    what: 'a link that was lost had ended',
    session: { endedAt: T0 + 4_000, endReason: 'lost' },
    online: null,
    seenAt: T0,
    restingSeenAt: T0,
    ended: [T0 + 4_000, 'lost'],
  },
  {
    what: 'a link lost and in grace had ended, and has the rest of its grace',
    session: { endedAt: T0 + 4_000, endReason: 'lost', leaseUntilAt: BEAT + 6_000 },
    online: T0 + 4_000,
    graceMs: 6_000,
    seenAt: T0,
    restingSeenAt: T0,
    ended: [T0 + 4_000, 'lost'],
  },
  {
    what: 'a link whose grace was over at the end has none',
    session: { endedAt: T0 + 4_000, endReason: 'lost', leaseUntilAt: BEAT },
    online: null,
    seenAt: T0,
    restingSeenAt: T0,
    ended: [T0 + 4_000, 'lost'],
  },
  {
    what: 'a hidden link in grace is not told of',
    session: { endedAt: T0 + 4_000, endReason: 'lost', leaseUntilAt: BEAT + 6_000, hidden: true },
    online: null,
    seenAt: T0,
    restingSeenAt: T0,
    ended: [T0 + 4_000, 'lost'],
  },
  {
    what: 'nor is one of a user who opted out',
    user: { optedOut: true, seenAt: null, restingSeenAt: null },
    session: { endedAt: T0 + 4_000, endReason: 'lost', leaseUntilAt: BEAT + 6_000 },
    online: null,
    seenAt: null,
    restingSeenAt: null,
    ended: [T0 + 4_000, 'lost'],
  },
  {
    what: 'a user stored as seen later than the end keeps that',
    user: { seenAt: BEAT + 900, restingSeenAt: BEAT + 800 },
    online: BEAT,
    seenAt: BEAT + 900,
    restingSeenAt: BEAT + 800,
    ended: crashed,
  },
  {
    what: 'a user stored as never seen was, when the session says so',
    user: { seenAt: null, restingSeenAt: null },
    online: BEAT,
    seenAt: BEAT,
    restingSeenAt: BEAT,
    ended: crashed,
  },
  {
    what: 'a lease that still runs is handed over',
    session: lease(RESTART + 1),
    online: null,
    leases: 1,
    seenAt: T0,
    restingSeenAt: T0,
    ended: [null, null],
  },
  {
    what: 'a lease that ran out while no node was there ended at its own last sign of life',
    session: lease(RESTART),
    online: T0 + 5_000,
    seenAt: T0 + 5_000,
    restingSeenAt: T0 + 5_000,
    ended: [T0 + 5_000, 'expired'],
  },
  {
    what: 'a lease that had run out before the end was not online then',
    session: lease(BEAT),
    online: null,
    seenAt: T0 + 5_000,
    restingSeenAt: T0 + 5_000,
    ended: [T0 + 5_000, 'expired'],
  },
  {
    what: 'a hidden lease that still runs is handed over as it is',
    session: { ...lease(RESTART + 1), hidden: true },
    online: null,
    leases: 1,
    seenAt: T0,
    restingSeenAt: T0,
    ended: [null, null],
  },
  {
    what: 'a hidden lease that ran out was seen by nobody',
    session: { ...lease(RESTART), hidden: true },
    online: null,
    seenAt: T0 + 5_000,
    restingSeenAt: T0,
    ended: [T0 + 5_000, 'expired'],
  },
  {
    what: 'a lease that was ended is not handed over',
    session: { ...lease(RESTART + 1), endedAt: T0 + 6_000, endReason: 'left' },
    online: null,
    seenAt: T0,
    restingSeenAt: T0,
    ended: [T0 + 6_000, 'left'],
  },
];
