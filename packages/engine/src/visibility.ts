import type { Certainty, Rule, Status } from '@porchlight/protocol';
import { coarseTime } from './coarse.ts';
import type { Policy } from './policy.ts';
import { type Facts, NO_PLATFORMS, samePlatforms } from './presence.ts';
import type { User } from './user.ts';

/*
 * The one gate. Nothing of a user leaves the engine except as a View made here, for one viewer. Whatever is asked, listed, counted,
 * filtered or sorted is asked, listed, counted, filtered and sorted on views.
 */

/** Who looks. */
export interface Viewer {
  readonly tenant: string;
  /** Null for somebody who is not signed in: sees what everyone may see. */
  readonly user: string | null;
  /** True for the app's own back end, which sees everything in its tenant. */
  readonly all?: boolean;
}

/** What a kind of viewer may see: a set of bits, so that all viewers of a kind share one encoding. */
export type Audience = number;
export const AUDIENCE = { hidden: 0, online: 1, lastSeen: 2, both: 3, own: 7, coarse: 8 } as const;
const OWN_BIT = 4;

/** What one viewer may know of one user. Times are epoch milliseconds; null is never, unknown or not shown: the three look the same. */
export interface View {
  readonly status: Status;
  readonly certainty: Certainty;
  readonly lastSeenAt: number | null;
  /** Null for an exact time; else the user was last seen within so many milliseconds from `lastSeenAt` on. */
  readonly lastSeenWithinMs: number | null;
  readonly lastActiveAt: number | null;
  readonly onlineSinceAt: number | null;
  readonly text: string | null;
  readonly platforms: readonly string[];
  readonly version: number;
}

/** A user who is hidden, blocked the viewer, opted out, belongs to another tenant or never existed. */
export const UNKNOWN_VIEW: View = Object.freeze({
  status: 'offline',
  certainty: 'certain',
  lastSeenAt: null,
  lastSeenWithinMs: null,
  lastActiveAt: null,
  onlineSinceAt: null,
  text: null,
  platforms: NO_PLATFORMS,
  version: 0,
});

/** What this viewer may see of a user with this id under these facts. */
export function audienceOf(viewer: Viewer, tenant: string, id: string, facts: Facts): Audience {
  if (viewer.tenant !== tenant) return AUDIENCE.hidden;
  if (viewer.all === true || viewer.user === id) return AUDIENCE.own;
  const { policy } = facts;
  if (policy.optedOut) return AUDIENCE.hidden;
  // Who blocks anybody shows themselves to few, not to everyone: or the one who is blocked need only look without signing in.
  if (policy.blocked !== null && (viewer.user === null || policy.blocked.has(viewer.user))) return AUDIENCE.hidden;
  return audienceByRules(policy, policy.contacts !== null && viewer.user !== null && policy.contacts.has(viewer.user));
}

function audienceByRules(policy: Policy, isContact: boolean): Audience {
  const allows = (rule: Rule) => rule === 'everyone' || (rule === 'contacts' && isContact);
  const exact = (allows(policy.onlineRule) ? AUDIENCE.online : 0) | (allows(policy.lastSeenRule) ? AUDIENCE.lastSeen : 0);
  return exact === 0 && allows(policy.coarseLastSeenRule) ? AUDIENCE.coarse : exact;
}

/** What everybody may see under these facts who is nobody in particular to the user; undefined when there is more than one answer. */
export function audienceOfMost({ policy }: Facts): Audience | undefined {
  if (policy.optedOut) return AUDIENCE.hidden;
  if (policy.blocked !== null) return undefined;
  const { onlineRule, lastSeenRule, coarseLastSeenRule } = policy;
  const hasFriends =
    policy.contacts !== null && (onlineRule === 'contacts' || lastSeenRule === 'contacts' || coarseLastSeenRule === 'contacts');
  return hasFriends ? undefined : audienceByRules(policy, false);
}

/** Whether that is so for this viewer: not for the user, for those who see everything, and for other tenants. */
export function isOneOfMost(viewer: Viewer, user: User): boolean {
  return viewer.tenant === user.tenant.name && viewer.user !== user.id && viewer.all !== true;
}

/** Whether an audience is shown the live state at all; otherwise it sees somebody offline. */
export function seesLive(facts: Facts, audience: Audience): boolean {
  if (facts.status === 'offline') return false;
  return (audience & OWN_BIT) !== 0 || ((audience & AUDIENCE.online) !== 0 && !facts.invisible);
}

/** Last seen, as others who see the user are shown it: nothing from a time when the user was hidden. */
export function shownSeenAt({ seenAt, revealedAt }: User, { restingSeenAt }: Facts): number | null {
  return seenAt !== null && seenAt < revealedAt ? restingSeenAt : seenAt;
}

/** The same of the last input. */
export function shownActiveAt({ activeAt, revealedAt }: User, { restingActiveAt }: Facts): number | null {
  return activeAt !== null && activeAt < revealedAt ? restingActiveAt : activeAt;
}

/** The latest time that those who see buckets are shown one of: the same, whether or not the user is here at the moment. */
export function coarseSeenAt(user: User, now: number): number | null {
  const { facts, held, remoteSlots } = user;
  if (held !== null && now < held.untilAt) return held.seenAt;
  if (facts.status === 'offline' || facts.invisible) return facts.restingSeenAt;
  // Other nodes do not tell of every sign of life.
  if (remoteSlots !== null) for (const { certainty } of remoteSlots.values()) if (certainty === 'certain') return now;
  return shownSeenAt(user, facts);
}

// Somebody offline like anybody else, of whom there is a time. It has no version: nothing of it is ever told that could overtake another.
function coarseView(user: User, now: number): View {
  const seenAt = coarseSeenAt(user, now);
  if (seenAt === null) return UNKNOWN_VIEW;
  const { lastSeenAt, withinMs } = coarseTime(seenAt, user.tenant.times.bucketMs, now);
  return { ...UNKNOWN_VIEW, lastSeenAt, lastSeenWithinMs: withinMs };
}

/** The view of an audience at `now`, which matters only to those who see buckets. */
export function viewOf(user: User, audience: Audience, now: number): View {
  const { facts } = user;
  if (audience === AUDIENCE.hidden) return UNKNOWN_VIEW;
  if (audience === AUDIENCE.coarse) return coarseView(user, now);
  const own = (audience & OWN_BIT) !== 0;
  const mayTime = (audience & AUDIENCE.lastSeen) !== 0;
  if (!seesLive(facts, audience)) {
    const lastSeenAt = own ? user.seenAt : facts.restingSeenAt;
    const version = own ? facts.ownVersion : restingVersion(facts, audience);
    if (!mayTime || lastSeenAt === null) return version === 0 ? UNKNOWN_VIEW : { ...UNKNOWN_VIEW, version };
    return { ...UNKNOWN_VIEW, lastSeenAt, lastActiveAt: own ? user.activeAt : facts.restingActiveAt, version };
  }
  return {
    status: facts.status,
    certainty: facts.certainty,
    lastSeenAt: own ? user.seenAt : mayTime ? shownSeenAt(user, facts) : null,
    lastSeenWithinMs: null,
    lastActiveAt: own ? user.activeAt : mayTime ? shownActiveAt(user, facts) : null,
    onlineSinceAt: own ? facts.sinceAt : Math.max(facts.sinceAt as number, user.revealedAt),
    text: facts.text,
    platforms: facts.platforms,
    version: own ? facts.ownVersion : facts.liveVersion,
  };
}

// Those who may see the user online learn from the version that the user went offline; those who may not must not learn that from it.
function restingVersion(facts: Facts, audience: Audience): number {
  return (audience & AUDIENCE.online) !== 0 ? facts.liveVersion : facts.restingVersion;
}

/** How finely a kind of client can tell views apart: only online or not, the status too, or the whole record. */
export type Grain = 'online' | 'status' | 'record';

/**
 * Whether somebody who was shown `before` and would now be shown `after` has to be told. Times of somebody who stays online move with every
 * sign of life and are not a change; nor are those of somebody who is shown in buckets, of which only the right to see them can be.
 */
export function tellsApart(before: Facts, beforeAudience: Audience, after: Facts, afterAudience: Audience, grain: Grain): boolean {
  const wasLive = seesLive(before, beforeAudience);
  const isLive = seesLive(after, afterAudience);
  if (wasLive !== isLive || ((beforeAudience ^ afterAudience) & AUDIENCE.coarse) !== 0) return true;
  const mayTimeChanged = ((beforeAudience ^ afterAudience) & AUDIENCE.lastSeen) !== 0;
  if (!isLive) {
    const was = (beforeAudience & AUDIENCE.lastSeen) !== 0 ? before.restingSeenAt : null;
    const is = (afterAudience & AUDIENCE.lastSeen) !== 0 ? after.restingSeenAt : null;
    return was !== is;
  }
  if (grain === 'online') return mayTimeChanged;
  if (before.status !== after.status || mayTimeChanged) return true;
  return grain === 'record' && (before.text !== after.text || !samePlatforms(before.platforms, after.platforms));
}
