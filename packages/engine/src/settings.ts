import type { EngineEvent } from './events.ts';
import type { OutcomeBuilder } from './outcome.ts';
import { type Claim, NO_CLAIM, type Policy } from './policy.ts';
import { ABSENT } from './presence.ts';
import { replaceFacts, restingTimes } from './settle.ts';
import type { User } from './user.ts';

const STRICTNESS = { everyone: 0, contacts: 1, nobody: 2 } as const;

/** Changes what a user says of themselves and who may see it. Fields that are undefined stay. */
export function applySettings(user: User, event: Extract<EngineEvent, { type: 'settings' }>, outcome: OutcomeBuilder, now: number): void {
  const before = user.facts;
  user.claim = changedClaim(user.claim, event);
  const policy = changedPolicy(before.policy, event);
  if (policy.optedOut && !before.policy.optedOut) return optOut(user, policy, outcome, now);
  const invisible = user.claim.availability === 'invisible';
  // From now on some who saw the user online will not: for them the user leaves now, and what they are shown must not go back.
  const veiled =
    before.status !== 'offline' &&
    ((invisible && !before.invisible) || STRICTNESS[policy.onlineRule] > STRICTNESS[before.policy.onlineRule]);
  replaceFacts(user, { policy, ...(veiled ? restingTimes(user, before) : null) }, outcome, now);
}

function changedClaim(claim: Claim, event: Extract<EngineEvent, { type: 'settings' }>): Claim {
  if (event.availability === undefined && event.text === undefined && event.untilAt === undefined) return claim;
  const next: Claim = {
    availability: event.availability ?? claim.availability,
    text: event.text === undefined ? claim.text : event.text,
    untilAt: event.untilAt === undefined ? claim.untilAt : (event.untilAt ?? Number.POSITIVE_INFINITY),
  };
  return next.availability === 'auto' && next.text === null ? NO_CLAIM : next;
}

function changedPolicy(policy: Policy, event: Extract<EngineEvent, { type: 'settings' }>): Policy {
  const { onlineRule = policy.onlineRule, lastSeenRule = policy.lastSeenRule, optedOut = policy.optedOut } = event;
  if (onlineRule === policy.onlineRule && lastSeenRule === policy.lastSeenRule && optedOut === policy.optedOut) return policy;
  return { ...policy, onlineRule, lastSeenRule, optedOut };
}

// Nothing may be left that tells of the user, here or in the store; sessions stay open but count for nothing.
function optOut(user: User, policy: Policy, outcome: OutcomeBuilder, now: number): void {
  user.seenAt = null;
  user.activeAt = null;
  if (user.slot !== null) {
    user.slot = null;
    outcome.changeSlot(user);
  }
  outcome.forget(user);
  replaceFacts(user, { digest: ABSENT, policy, restingSeenAt: null, restingActiveAt: null }, outcome, now);
}

/** A claim whose time is over: the user is again what the sessions show. */
export function endClaim(user: User, outcome: OutcomeBuilder, now: number): void {
  if (user.claim === NO_CLAIM) return;
  user.claim = NO_CLAIM;
  replaceFacts(user, {}, outcome, now);
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
