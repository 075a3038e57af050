import type { Session, User } from '@porchlight/engine';
import type { SessionRecord, UserRecord } from './stores/store.ts';

/** What a user has set, as it is stored and as the user is told. */
export function settingsInForce({ claim, facts }: User) {
  return {
    availability: claim.availability,
    availabilityUntilAt: claim.untilAt === Number.POSITIVE_INFINITY ? null : claim.untilAt,
    text: claim.text,
    onlineRule: facts.policy.onlineRule,
    lastSeenRule: facts.policy.lastSeenRule,
    coarseLastSeenRule: facts.policy.coarseLastSeenRule,
    optedOut: facts.policy.optedOut,
  };
}

/** A user as the store is to have them, as of now. */
export function userRecord(user: User): UserRecord {
  return {
    tenant: user.tenant.name,
    user: user.id,
    seenAt: user.seenAt,
    activeAt: user.activeAt,
    ...restingTimes(user),
    coarseSeenAt: user.held?.seenAt ?? null,
    coarseUntilAt: user.held?.untilAt ?? null,
    ...settingsInForce(user),
    signedOutAt: user.signedOutAt,
    profile: user.profile === null ? null : JSON.stringify(user.profile),
  };
}

// Should the process die now, whoever is visibly online goes offline, last seen when that was last shown: not when some earlier session ended.
function restingTimes({ facts, seenAt, activeAt }: User): Pick<UserRecord, 'restingSeenAt' | 'restingActiveAt'> {
  return facts.status !== 'offline' && !facts.invisible
    ? { restingSeenAt: seenAt, restingActiveAt: activeAt }
    : { restingSeenAt: facts.restingSeenAt, restingActiveAt: facts.restingActiveAt };
}

/** The same of a session; `firstNode` is the incarnation that names it for ever, `node` the one that holds it. */
export function sessionRecord(session: Session, firstNode: string, node: string): SessionRecord {
  const { details } = session;
  const open = session.state === 'live';
  return {
    id: session.storedId ?? `${firstNode}-${session.number}`,
    tenant: session.user.tenant.name,
    user: session.user.id,
    node,
    kind: session.kind,
    dialect: details.dialect,
    platform: details.platform,
    appVersion: details.appVersion,
    device: details.device,
    screen: details.screen,
    startedAt: session.startedAt,
    seenAt: session.seenAt,
    leaseUntilAt: session.kind === 'lease' || session.state === 'lost' ? session.untilAt : null,
    // A lost link ended when it was last heard; should it come back within its grace, this is taken back.
    endedAt: open ? null : session.seenAt,
    endReason: open ? null : (session.endReason ?? 'lost'),
    hidden: !session.shown,
  };
}
