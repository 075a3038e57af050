import { heldFor } from './coarse.ts';
import type { OutcomeBuilder } from './outcome.ts';
import type { Claim, EngineOptions, Policy } from './policy.ts';
import {
  ABSENT,
  type Digest,
  Facts,
  type FactsParts,
  merge,
  NO_PLATFORMS,
  type Slot,
  samePlatforms,
  sameSlot,
  withPlatform,
} from './presence.ts';
import type { Session, SessionFigures } from './session.ts';
import { standingOf, statusOf } from './standing.ts';
import type { User } from './user.ts';
import { AUDIENCE, coarseSeenAt, shownActiveAt, shownSeenAt, tellsApart } from './visibility.ts';

/** Whether a session makes its user present: not while it asks to appear offline, nor when nothing may be recorded. */
export function counts(session: Session): boolean {
  return session.shown && session.state !== 'ended' && !session.muted;
}

/** Takes a proof of life into account. A session that does not count proves nothing. */
export function touch(session: Session, outcome: OutcomeBuilder, now: number): void {
  session.seenAt = now;
  session.revealed = false;
  if (counts(session) && see(session.user, now, now)) outcome.saveUser(session.user);
}

/** Every proof of life but the most frequent comes this way; says whether something has to be held because of it. */
export function see(user: User, at: number, now: number): boolean {
  if (user.seenAt !== null && at <= user.seenAt) return false;
  const was = coarseSeenAt(user, now);
  user.seenAt = at;
  return holdBack(user, was, now);
}

/** After something by which `was` may be true no more; says whether what is now is not yet shown to those who see buckets. */
export function holdBack(user: User, was: number | null, now: number, is = coarseSeenAt(user, now)): boolean {
  // What nobody may see need not be kept.
  if (user.facts.policy.coarseLastSeenRule === 'nobody') return false;
  const held = heldFor(was, is, user.tenant.times.bucketMs, now);
  if (held === undefined || held.untilAt <= now || held.untilAt === user.held?.untilAt) return false;
  user.held = held;
  return true;
}

/** A time by another node's clock, which may be ahead. */
export const notAhead = (at: number | null, now: number): number | null => (at === null ? null : Math.min(at, now));

/** Times that were learnt of other nodes: the later ones stay. */
export function keepLater(user: User, times: { readonly seenAt: number | null; readonly activeAt: number | null }, now: number): void {
  const seenAt = notAhead(times.seenAt, now);
  const activeAt = notAhead(times.activeAt, now);
  if (seenAt !== null) see(user, seenAt, now);
  if (activeAt !== null && (user.activeAt === null || activeAt > user.activeAt)) user.activeAt = activeAt;
}

export function isAway(session: SessionFigures, options: EngineOptions, now: number): boolean {
  return session.background || session.suspect || now - session.activeAt >= options.awayAfterMs;
}

/** When the session next wants attention, as far as is known now. */
export function nextDueAt(session: SessionFigures, options: EngineOptions): number {
  const awayAt = session.away ? Number.POSITIVE_INFINITY : session.activeAt + options.awayAfterMs;
  return Math.min(session.untilAt, awayAt, session.lifeDueAt);
}

/** Reduces the sessions of a user on this node to its slot; null when none counts. `slot` is the last one. */
function digestOf(user: User, slot: Slot | null, options: EngineOptions, now: number): Slot | null {
  let counted = 0;
  let awake = false;
  let certain = false;
  let platforms: readonly string[] = NO_PLATFORMS;
  for (let session = user.firstSession; session !== null; session = session.next) {
    session.away = isAway(session, options, now);
    if (!counts(session)) continue;
    counted += 1;
    awake ||= !session.away;
    certain ||= session.state === 'live' || !session.recovered;
    const { platform } = session.details;
    if (platform !== null) platforms = withPlatform(platforms, platform);
  }
  if (counted === 0) return null;
  const status = awake ? 'online' : 'away';
  const certainty = certain ? 'certain' : 'recovering';
  if (slot !== null && slot.status === status && slot.certainty === certainty && samePlatforms(slot.platforms, platforms)) return slot;
  return { status, certainty, sinceAt: slot?.sinceAt ?? now, platforms };
}

/** What all nodes together know of a user, this one what `slot` says; of one who opted out nothing, whatever a node still says. */
function mergeOf({ remoteSlots, facts }: User, slot: Slot | null): Digest {
  if (facts.policy.optedOut) return ABSENT;
  if (remoteSlots === null) return slot ?? ABSENT;
  return merge([...(slot === null ? [] : [slot]), ...remoteSlots.values()]);
}

/** Brings everything that follows from a user's sessions up to date, and notes what became different. */
export function settle(user: User, options: EngineOptions, outcome: OutcomeBuilder, now: number): void {
  const before = user.facts;
  const last = user.slot;
  const slot = digestOf(user, last, options, now);
  if (!sameSlot(slot, last)) {
    user.keepSlot(slot);
    outcome.changeSlot(user);
  }
  const digest = mergeOf(user, slot);
  if (
    before.status === statusOf(digest.status, before.claim) &&
    before.certainty === digest.certainty &&
    before.sinceAt === digest.sinceAt &&
    samePlatforms(before.platforms, digest.platforms)
  ) {
    // Nobody sees it, because the user says something else: only the slot did change.
    if (before.present !== digest.status) user.facts = before.alike(standingOf(digest, before.claim, before.policy));
    return;
  }
  const gone = before.status !== 'offline' && digest.status === 'offline';
  replaceFacts(user, gone ? { digest, ...restingTimes(user, before) } : { digest }, outcome, now);
}

/** What is shown as last seen of somebody who now goes, or appears, offline: nothing newer while hidden. */
export function restingTimes(user: User, before: Facts): Pick<FactsParts, 'restingSeenAt' | 'restingActiveAt'> {
  if (before.invisible) return { restingSeenAt: before.restingSeenAt, restingActiveAt: before.restingActiveAt };
  return { restingSeenAt: shownSeenAt(user, before), restingActiveAt: shownActiveAt(user, before) };
}

/** What may become different of a user's facts. */
interface FactsChange {
  digest?: Digest;
  claim?: Claim;
  policy?: Policy;
  restingSeenAt?: number | null;
  restingActiveAt?: number | null;
}

/** Puts new facts in place of the old ones, with their versions, and notes the change. */
export function replaceFacts(user: User, changed: FactsChange, outcome: OutcomeBuilder, now: number): void {
  const before = user.facts;
  const { digest = mergeOf(user, user.slot), claim = before.claim, policy = before.policy } = changed;
  const { restingSeenAt = before.restingSeenAt, restingActiveAt = before.restingActiveAt } = changed;
  const standing = standingOf(digest, claim, policy);
  const after = new Facts({ standing, sinceAt: digest.sinceAt, restingSeenAt, restingActiveAt }, before.versionAfter(now));
  const live = tellsApart(before, AUDIENCE.both, after, AUDIENCE.both, 'record');
  const resting = tellsApart(before, AUDIENCE.lastSeen, after, AUDIENCE.lastSeen, 'record');
  after.follow(before, live, resting, now);
  const was = coarseSeenAt(user, now);
  const isRevealed = before.invisible && !after.invisible;
  if (isRevealed) user.revealedAt = now;
  user.facts = after;
  // Whoever stops hiding is seen from the next sign of life on, or by a crash before it.
  holdBack(user, was, now, isRevealed && after.status !== 'offline' ? now : undefined);
  if (isRevealed || policy.optedOut !== before.policy.optedOut)
    for (let session = user.firstSession; session !== null; session = session.next) {
      session.muted = policy.optedOut;
      session.revealed ||= isRevealed;
    }
  user.tenant.note(user, before);
  outcome.saveUser(user);
  outcome.change(user, before, after);
}
