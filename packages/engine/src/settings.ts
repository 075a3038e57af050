import { laterHeld } from './coarse.ts';
import { type EngineEvent, heldOf, type LoadedUser } from './events.ts';
import type { OutcomeBuilder } from './outcome.ts';
import { type Claim, NO_CLAIM, type Policy, type Rules } from './policy.ts';
import { ABSENT, type Facts } from './presence.ts';
import { keepLater, notAhead, replaceFacts, restingTimes } from './settle.ts';
import { allowsTheSame } from './standing.ts';
import type { User } from './user.ts';

const STRICTNESS = { everyone: 0, contacts: 1, nobody: 2 } as const;

/** Changes what a user says of themselves and who may see it. Fields that are undefined stay. */
export function applySettings(user: User, event: Extract<EngineEvent, { type: 'settings' }>, outcome: OutcomeBuilder, now: number): void {
  const before = user.facts;
  const claim = changedClaim(before.claim, event);
  const policy = changedPolicy(before.policy, event);
  if (policy.optedOut && !before.policy.optedOut) {
    outcome.forget(user);
    return optOut(user, claim, policy, outcome, now);
  }
  replaceFacts(user, { claim, policy, ...(isVeiled(before, claim, policy) ? restingTimes(user, before) : null) }, outcome, now);
}

// From now on some who saw the user online will not: for them the user leaves now, and what they are shown must not go back.
function isVeiled(before: Facts, claim: Claim, policy: Policy): boolean {
  if (before.status === 'offline') return false;
  const hides = claim.availability === 'invisible' && !before.invisible;
  return hides || STRICTNESS[policy.onlineRule] > STRICTNESS[before.policy.onlineRule];
}

type SeenTimes = Extract<EngineEvent, { type: 'seen' }>['times'];
type ClaimChange = Pick<Extract<EngineEvent, { type: 'settings' }>, 'availability' | 'text' | 'untilAt'>;

function changedClaim(claim: Claim, event: ClaimChange): Claim {
  if (event.availability === undefined && event.text === undefined && event.untilAt === undefined) return claim;
  const next: Claim = {
    availability: event.availability ?? claim.availability,
    text: event.text === undefined ? claim.text : event.text,
    untilAt: event.untilAt === undefined ? claim.untilAt : (event.untilAt ?? Number.POSITIVE_INFINITY),
  };
  if (next.availability === 'auto' && next.text === null) return NO_CLAIM;
  const isSame = next.availability === claim.availability && next.text === claim.text && next.untilAt === claim.untilAt;
  return isSame ? claim : next;
}

function changedPolicy(policy: Policy, event: Partial<Rules & Pick<Policy, 'optedOut'>>): Policy {
  const { onlineRule = policy.onlineRule, lastSeenRule = policy.lastSeenRule, optedOut = policy.optedOut } = event;
  const { coarseLastSeenRule = policy.coarseLastSeenRule } = event;
  const changed = { ...policy, onlineRule, lastSeenRule, coarseLastSeenRule, optedOut };
  return allowsTheSame(policy, changed) ? policy : changed;
}

// Nothing may be left that tells of the user, here or in the store; sessions stay open but count for nothing.
function optOut(user: User, claim: Claim, policy: Policy, outcome: OutcomeBuilder, now: number): void {
  user.seenAt = null;
  user.activeAt = null;
  user.held = null;
  if (user.slot !== null) {
    user.keepSlot(null);
    outcome.changeSlot(user);
  }
  replaceFacts(user, { digest: ABSENT, claim, policy, restingSeenAt: null, restingActiveAt: null }, outcome, now);
}

/** Takes over when somebody was seen elsewhere. */
export function applySeen(user: User, times: SeenTimes, outcome: OutcomeBuilder, now: number): void {
  const { facts } = user;
  if (facts.policy.optedOut) return;
  keepLater(user, times, now);
  const restingSeenAt = laterOf(facts.restingSeenAt, notAhead(times.restingSeenAt, now));
  const restingActiveAt = laterOf(facts.restingActiveAt, notAhead(times.restingActiveAt, now));
  if (restingSeenAt === facts.restingSeenAt && restingActiveAt === facts.restingActiveAt) return;
  replaceFacts(user, { restingSeenAt, restingActiveAt }, outcome, now);
}

/** Takes over what another node has changed and stored. */
export function applyStored(user: User, stored: LoadedUser, outcome: OutcomeBuilder, now: number): void {
  const before = user.facts;
  const claim = changedClaim(before.claim, {
    availability: stored.availability,
    text: stored.text,
    untilAt: stored.availabilityUntilAt,
  });
  const policy = storedPolicy(before.policy, stored);
  if (policy.optedOut && !before.policy.optedOut) return optOut(user, claim, policy, outcome, now);
  if (!policy.optedOut) {
    user.held = laterHeld(user.held, heldOf(stored));
    keepLater(user, stored, now);
  }
  const losesContacts = before.policy.contacts !== null && policy.contacts !== before.policy.contacts;
  const resting =
    isVeiled(before, claim, policy) || (losesContacts && policy.onlineRule === 'contacts') ? restingTimes(user, before) : null;
  const seenAt = laterOf(resting?.restingSeenAt ?? before.restingSeenAt, notAhead(stored.restingSeenAt, now));
  const activeAt = laterOf(resting?.restingActiveAt ?? before.restingActiveAt, notAhead(stored.restingActiveAt, now));
  const isSame = claim === before.claim && policy === before.policy;
  if (isSame && seenAt === before.restingSeenAt && activeAt === before.restingActiveAt) return;
  replaceFacts(user, { claim, policy, ...(policy.optedOut ? null : { restingSeenAt: seenAt, restingActiveAt: activeAt }) }, outcome, now);
}

function storedPolicy(policy: Policy, stored: LoadedUser): Policy {
  const ruled = changedPolicy(policy, stored);
  const contacts = sameSet(policy.contacts, stored.contacts);
  const blocked = sameSet(policy.blocked, stored.blocked);
  return contacts === policy.contacts && blocked === policy.blocked ? ruled : { ...ruled, contacts, blocked };
}

/** The set that is there already if it has these members; null for none. */
function sameSet(set: ReadonlySet<string> | null, members: readonly string[]): ReadonlySet<string> | null {
  if (members.length === (set?.size ?? 0) && members.every((member) => set?.has(member))) return set;
  return members.length === 0 ? null : new Set(members);
}

function laterOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/** A claim whose time is over: the user is again what the sessions show. */
export function endClaim(user: User, outcome: OutcomeBuilder, now: number): void {
  if (user.claim !== NO_CLAIM) replaceFacts(user, { claim: NO_CLAIM }, outcome, now);
}

/** Adds others to, or removes them from, a user's contacts or blocks. */
export function applyRelation(user: User, event: Extract<EngineEvent, { type: 'relate' }>, outcome: OutcomeBuilder, now: number): void {
  const { facts } = user;
  const { policy } = facts;
  const field = event.kind === 'contact' ? 'contacts' : 'blocked';
  const next = new Set(policy[field]);
  for (const other of event.others) {
    if (event.present) next.add(other);
    else next.delete(other);
  }
  // Only additions or only removals: the same size is the same set.
  if (next.size === (policy[field]?.size ?? 0)) return;
  // For a contact removed under such a rule the user leaves now, as in applySettings.
  const veiled = field === 'contacts' && !event.present && policy.onlineRule === 'contacts' && facts.status !== 'offline';
  const resting = veiled ? restingTimes(user, facts) : null;
  replaceFacts(user, { policy: { ...policy, [field]: next.size === 0 ? null : next }, ...resting }, outcome, now);
}
