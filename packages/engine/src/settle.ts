import type { OutcomeBuilder } from './outcome.ts';
import type { EngineOptions } from './policy.ts';
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
  statusOf,
  unitePlatforms,
} from './presence.ts';
import type { Session } from './session.ts';
import type { User } from './user.ts';
import { AUDIENCE, tellsApart } from './visibility.ts';

/** Whether a session makes its user present: not while it asks to appear offline, nor when nothing may be recorded. */
export function counts(session: Session): boolean {
  return session.shown && session.state !== 'ended' && !session.user.facts.policy.optedOut;
}

/** Takes a proof of life into account. A session that does not count proves nothing. */
export function touch(session: Session, now: number): void {
  session.seenAt = now;
  const { user } = session;
  if (counts(session) && (user.seenAt === null || now > user.seenAt)) user.seenAt = now;
}

export function isAway(session: Session, options: EngineOptions, now: number): boolean {
  return session.background || session.suspect || now - session.activeAt >= options.awayAfterMs;
}

/** When the session next wants attention, as far as is known now. */
export function nextDueAt(session: Session, options: EngineOptions): number {
  const awayAt = session.away ? Number.POSITIVE_INFINITY : session.activeAt + options.awayAfterMs;
  return Math.min(session.untilAt, awayAt, session.lifeDueAt);
}

/** Reduces the sessions of a user on this node to its slot; null when none counts. */
export function digestOf(user: User, options: EngineOptions, now: number): Slot | null {
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
    if (platform !== null && !platforms.includes(platform)) platforms = unitePlatforms([...platforms, platform]);
  }
  if (counted === 0) return null;
  const slot = user.slot;
  const status = awake ? 'online' : 'away';
  const certainty = certain ? 'certain' : 'recovering';
  if (slot !== null && slot.status === status && slot.certainty === certainty && samePlatforms(slot.platforms, platforms)) return slot;
  return { status, certainty, sinceAt: slot?.sinceAt ?? now, platforms };
}

/** What all nodes together know of a user; of one who opted out nothing, whatever a node still says. */
export function mergeOf({ slot, remoteSlots, facts }: User): Digest {
  if (facts.policy.optedOut) return ABSENT;
  if (remoteSlots === null) return merge(slot === null ? [] : [slot]);
  return merge([...(slot === null ? [] : [slot]), ...remoteSlots.values()]);
}

/** Brings everything that follows from a user's sessions up to date, and notes what became different. */
export function settle(user: User, options: EngineOptions, outcome: OutcomeBuilder, now: number): void {
  const slot = digestOf(user, options, now);
  if (!sameSlot(slot, user.slot)) {
    user.slot = slot;
    outcome.changeSlot(user);
  }
  const digest = mergeOf(user);
  const before = user.facts;
  if (
    before.status === statusOf(digest, user.claim) &&
    before.certainty === digest.certainty &&
    before.sinceAt === digest.sinceAt &&
    samePlatforms(before.platforms, digest.platforms)
  )
    return;
  const gone = before.status !== 'offline' && digest.status === 'offline';
  replaceFacts(user, gone ? { digest, ...restingTimes(user, before) } : { digest }, outcome, now);
}

/** What is shown as last seen of somebody who now goes, or appears, offline: nothing newer while hidden. */
export function restingTimes(user: User, before: Facts): Pick<FactsParts, 'restingSeenAt' | 'restingActiveAt'> {
  if (before.invisible) return { restingSeenAt: before.restingSeenAt, restingActiveAt: before.restingActiveAt };
  return { restingSeenAt: user.seenAt, restingActiveAt: user.activeAt };
}

/** Puts new facts in place of the old ones, with their versions, and notes the change. */
export function replaceFacts(user: User, changed: Partial<Omit<FactsParts, 'claim'>>, outcome: OutcomeBuilder, now: number): void {
  const before = user.facts;
  // A claim may have hidden what the slots show by now, so it is asked anew.
  const { digest = mergeOf(user), policy = before.policy } = changed;
  const { restingSeenAt = before.restingSeenAt, restingActiveAt = before.restingActiveAt } = changed;
  const after = new Facts({ digest, claim: user.claim, policy, restingSeenAt, restingActiveAt }, before.ownVersion);
  const live = tellsApart(before, AUDIENCE.both, after, AUDIENCE.both, 'record');
  const resting = tellsApart(before, AUDIENCE.lastSeen, after, AUDIENCE.lastSeen, 'record');
  after.follow(before, live, resting, now);
  user.facts = after;
  user.tenant.note(user, before);
  outcome.saveUser(user);
  outcome.change(user, before, after);
}
