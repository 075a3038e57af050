import type { StoredUser } from '@porchlight/server';
import { latestMs, TIMES } from './bounds.ts';
import type { Checks } from './checks.ts';
import type { SessionTruth, UserTruth } from './truth.ts';

/** Holds what a store has of a user, after a crash, against what was acknowledged; what was not acknowledged may be either way. */
export function compareStored(checks: Checks, user: UserTruth, stored: StoredUser, now: number): void {
  const { settings, evidenceSafe } = user;
  if (evidenceSafe !== null && !settings.optedOut && settings.certain)
    checks.that(
      'I3',
      stored.seenAt !== null && stored.seenAt >= Math.floor(evidenceSafe),
      () => `last seen of ${user.id} lost ${evidenceSafe - (stored.seenAt ?? 0)} ms in a crash`,
    );
  if (!settings.certain) {
    settings.availability = stored.availability;
    settings.onlineRule = stored.onlineRule;
    settings.lastSeenRule = stored.lastSeenRule;
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
    settings.optedOut,
    sorted(settings.contacts),
    sorted(settings.blocked),
  ];
  const found = [
    stored.availability,
    stored.onlineRule,
    stored.lastSeenRule,
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

const sorted = (set: Iterable<string>) => [...set].sort();
