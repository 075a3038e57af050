import type { Certainty, Status } from '@porchlight/protocol';
import { type Claim, NO_CLAIM, type Policy } from './policy.ts';
import { type Digest, samePlatforms } from './presence.ts';

/**
 * What many users have in common at any moment: how they are present, on what, what they say of themselves and whom they allow to see it.
 * Of those who say and restrict nothing, equal standings are one object, so it costs a user one reference instead of five fields.
 */
export interface Standing {
  /** What the sessions show, whatever the user says. */
  readonly present: Digest['status'];
  /** What the sessions and the claim show together. */
  readonly status: Status;
  readonly certainty: Certainty;
  readonly platforms: readonly string[];
  readonly claim: Claim;
  readonly policy: Policy;
}

/** Platforms come from clients: the table must not grow with what they make up. */
const SHARED_MAX = 1_000;
/** By the platforms in one text; at most a few hundred to compare with, as a rule one or two. */
const shared = new Map<string, Standing[]>();
let sharedCount = 0;

export function standingOf(digest: Digest, claim: Claim, policy: Policy): Standing {
  const { status: present, certainty, platforms } = digest;
  if (claim !== NO_CLAIM || policy.contacts !== null || policy.blocked !== null)
    return { present, status: statusOf(present, claim), certainty, platforms, claim, policy };
  const key = platforms.length === 1 ? (platforms[0] as string) : platforms.join();
  const alike = shared.get(key);
  if (alike !== undefined)
    for (const standing of alike) if (shows(standing, digest) && allowsTheSame(standing.policy, policy)) return standing;
  return share(key, Object.freeze({ present, status: present, certainty, platforms, claim, policy }));
}

function share(key: string, standing: Standing): Standing {
  if (sharedCount >= SHARED_MAX) {
    shared.clear();
    sharedCount = 0;
  }
  sharedCount += 1;
  const alike = shared.get(key);
  if (alike === undefined) shared.set(key, [standing]);
  else alike.push(standing);
  return standing;
}

function shows(standing: Standing, digest: Digest): boolean {
  return (
    standing.present === digest.status && standing.certainty === digest.certainty && samePlatforms(standing.platforms, digest.platforms)
  );
}

/** But for whom it concerns: contacts, and who is blocked. */
export function allowsTheSame(a: Policy, b: Policy): boolean {
  const sameExact = a.onlineRule === b.onlineRule && a.lastSeenRule === b.lastSeenRule;
  return sameExact && a.coarseLastSeenRule === b.coarseLastSeenRule && a.optedOut === b.optedOut;
}

/** The status that slots and a claim give together: what the user says beats what the sessions show, but only while there is a session. */
export function statusOf(present: Digest['status'], { availability }: Claim): Status {
  if (present === 'offline') return 'offline';
  if (availability === 'busy' || availability === 'dnd' || availability === 'away') return availability;
  return present;
}
