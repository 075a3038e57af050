import type { StoredUser } from '@porchlight/server';
import { earliestMs, latestMs, TIMES } from './bounds.ts';
import type { Checks } from './checks.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SessionTruth, UserTruth } from './truth.ts';
import type { VirtualTime } from './virtual-time.ts';

/**
 * Holds what a store has of a user, after a crash, against what was acknowledged; what was not acknowledged may be either way. A node that took a
 * lease over says by its own clock when it was renewed, up to `skewMs` before.
 */
export function compareStored(checks: Checks, user: UserTruth, stored: StoredUser, now: number, skewMs = 0): void {
  const { settings, evidenceSafe } = user;
  if (evidenceSafe !== null && !settings.optedOut && settings.certain)
    checks.that(
      'I3',
      stored.seenAt !== null && stored.seenAt + skewMs >= Math.floor(evidenceSafe),
      () => `last seen of ${user.id} lost ${evidenceSafe - (stored.seenAt ?? 0)} ms in a crash`,
    );
  if (!settings.certain) {
    settings.availability = stored.availability;
    settings.onlineRule = stored.onlineRule;
    settings.lastSeenRule = stored.lastSeenRule;
    settings.coarseLastSeenRule = stored.coarseLastSeenRule;
    settings.optedOut = stored.optedOut;
    for (const [kept, list] of [
      [settings.contacts, stored.contacts],
      [settings.blocked, stored.blocked],
    ] as const) {
      kept.clear();
      for (const id of list) kept.add(id);
    }
    settings.certain = true;
    settings.pending = 0;
    settings.changedAt = now;
    return;
  }
  const given = [
    settings.availability,
    settings.onlineRule,
    settings.lastSeenRule,
    settings.coarseLastSeenRule,
    settings.optedOut,
    sorted(settings.contacts),
    sorted(settings.blocked),
  ];
  const found = [
    stored.availability,
    stored.onlineRule,
    stored.lastSeenRule,
    stored.coarseLastSeenRule,
    stored.optedOut,
    sorted(stored.contacts),
    sorted(stored.blocked),
  ];
  checks.that(
    'I3',
    JSON.stringify(given) === JSON.stringify(found),
    () => `settings of ${user.id}: ${JSON.stringify(given)} acknowledged, ${JSON.stringify(found)} stored`,
  );
}

/** A process has started on the disk: what was acknowledged must be there, and what was not may be. */
export async function checkAfterStart(
  checks: Checks,
  users: Iterable<UserTruth>,
  process: SimulatedProcess,
  time: VirtualTime,
): Promise<void> {
  const all = [...users];
  const now = time.now();
  // Before the store is asked, which may take its time: others are told of them from now on.
  for (const user of all)
    for (const session of user.sessions) if (session.process !== process && !session.live) expectRecovery(session, now);
  const atStart = new Map(all.map((user) => [user, user.settings.changedAt]));
  for (const user of all) {
    const [stored] = await process.node.parts.store.load(user.tenant, [user.id]).catch(() => []);
    const resident = process.node.service.find(user.tenant, user.id);
    // While the store was slow something else may have been set.
    const isSame = atStart.get(user) === user.settings.changedAt;
    if (stored !== undefined && isSame)
      compareStored(checks, user, resident === undefined ? stored : { ...stored, seenAt: resident.seenAt }, time.now());
  }
}

function expectRecovery(session: SessionTruth, now: number): void {
  // Of a lease that ran out while no process ran, the next one says what it says of connections.
  if (session.kind === 'lease') {
    if (session.endBy > now - 60_000) session.endBy = Math.max(session.endBy, now + latestMs(TIMES.graceMs));
    return;
  }
  if (session.notBefore === Number.POSITIVE_INFINITY) session.notBefore = now + earliestMs(TIMES.graceMs);
  if (session.endBy === Number.POSITIVE_INFINITY) session.endBy = now + latestMs(TIMES.graceMs);
}

/** Who was online then is said to be so until the grace after the next start is over; of whom it may have been known, and of whom it must. */
export function crashSession(session: SessionTruth, storedUntil: number): void {
  const { open, kind, openedAt } = session;
  if (session.shownAt > storedUntil) session.shown = 'changing';
  const known = openedAt <= storedUntil;
  session.live = false;
  session.open = false;
  if (kind === 'lease') {
    if (!known) session.notBefore = 0;
    if (session.endBy > storedUntil) session.endBy = Math.max(session.endBy, openedAt + latestMs(TIMES.leaseMs));
    return;
  }
  session.notBefore = known && open && session.shown === 'yes' ? Number.POSITIVE_INFINITY : 0;
  // An end that was noticed but not written down has not happened.
  if (open || session.endBy > storedUntil) session.endBy = Number.POSITIVE_INFINITY;
}

/**
 * With a node of several its connections end; the others notice when its lease is over, and keep its users for the grace from then on, unless what
 * they knew had just been lost.
 */
export function crashOneOfSeveral(user: UserTruth, process: object, crashedAt: number, now: number, wereKnown: boolean): void {
  relyOnLeases(user, now);
  for (const session of user.sessions) {
    if (session.process !== process) continue;
    if (session.kind === 'lease') {
      session.notBefore = 0;
      continue;
    }
    // The node's beat vouches for every connection that it had, or is not known not to have had.
    if (session.endBy > now) user.prove(crashedAt, false);
    const wasKnown = wereKnown && session.openedAt + TIMES.durableMs < now && session.open;
    session.notBefore = wasKnown ? now + earliestMs(NOTICED_MS + TIMES.graceMs) : 0;
    session.live = false;
    session.open = false;
    session.endBy = Math.min(session.endBy, now);
    if (session.shownAt > now - TIMES.durableMs) session.shown = 'changing';
  }
}

/** Of somebody who opted out nothing is recorded: should they opt in again after a crash, nobody knows of them until their client is back. */
export function forgetUnrecorded({ settings, sessions, hasOptedOut }: UserTruth, process: object): void {
  if (!settings.optedOut && (settings.certain || !hasOptedOut)) return;
  for (const session of sessions) if (session.process === process) session.notBefore = 0;
}

/** That somebody has logged out may not be known everywhere yet, and then never is: what was renewed there lasts until it runs out. */
export function relyOnLeases(user: UserTruth, now: number): void {
  for (const session of user.sessions)
    if (session.kind === 'lease' && session.endBy > now - 60_000)
      session.endBy = Math.max(session.endBy, session.openedAt + latestMs(TIMES.leaseMs));
}

/** The least that a lease lasts after a node has died. */
const NOTICED_MS = 8_000;

const sorted = (set: Iterable<string>) => [...set].sort();
