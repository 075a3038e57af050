import type { Certainty, Status } from '@porchlight/protocol';
import type { Claim, Policy } from './policy.ts';

/** What one node knows of one user: the digest of that user's sessions on that node, written by that node alone. */
export interface Slot {
  readonly status: 'online' | 'away';
  /** `recovering` while all sessions are those of a process that ended, and nobody came back yet. */
  readonly certainty: Certainty;
  /** Epoch milliseconds since when there has been a session without a gap. */
  readonly sinceAt: number;
  /** Sorted, without repeats. */
  readonly platforms: readonly string[];
}

/** What is true of a user as far as the slots tell: the same pure function on every node. */
export interface Digest {
  readonly status: 'online' | 'away' | 'offline';
  readonly certainty: Certainty;
  readonly sinceAt: number | null;
  readonly platforms: readonly string[];
}

export const NO_PLATFORMS: readonly string[] = Object.freeze([]);
export const ABSENT: Digest = Object.freeze({ status: 'offline', certainty: 'certain', sinceAt: null, platforms: NO_PLATFORMS });

/** Merges the slots of one user: one awake session anywhere makes the user online, one certain slot makes that certain. */
export function merge(slots: readonly Slot[]): Digest {
  const first = slots[0];
  if (first === undefined) return ABSENT;
  if (slots.length === 1) return first;
  const certainties = new Set(slots.map((slot) => slot.certainty));
  return {
    status: slots.some((slot) => slot.status === 'online') ? 'online' : 'away',
    certainty: certainties.has('certain') ? 'certain' : certainties.has('suspect') ? 'suspect' : 'recovering',
    sinceAt: Math.min(...slots.map((slot) => slot.sinceAt)),
    platforms: unitePlatforms(slots.flatMap((slot) => slot.platforms)),
  };
}

const united = new Map<string, readonly string[]>();

/** Sorted and without repeats; equal sets are the same frozen array, so that they compare by identity and cost nothing a user. */
export function unitePlatforms(platforms: readonly string[]): readonly string[] {
  if (platforms.length === 0) return NO_PLATFORMS;
  const sorted = [...new Set(platforms)].sort();
  const key = sorted.join('\u0000');
  let shared = united.get(key);
  if (shared === undefined) {
    // Platforms come from clients: the table must not grow with what they make up.
    if (united.size >= 1_000) united.clear();
    shared = Object.freeze(sorted);
    united.set(key, shared);
  }
  return shared;
}

export function sameSlot(a: Slot | null, b: Slot | null): boolean {
  if (a === null || b === null) return a === b;
  return a.status === b.status && a.certainty === b.certainty && a.sinceAt === b.sinceAt && samePlatforms(a.platforms, b.platforms);
}

export function samePlatforms(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((platform, index) => platform === b[index]));
}

/** What facts are made of; a change names those that become others. */
export interface FactsParts {
  digest: Digest;
  claim: Claim;
  policy: Policy;
  /** What is shown as last seen while the user is, or appears, offline. */
  restingSeenAt: number | null;
  restingActiveAt: number | null;
}

/**
 * Everything that can be shown of a user, unredacted, at one moment. Never changed in place: a change is a new object, and what held
 * before is still there to be compared. Only `visibility` turns it into something that may leave.
 *
 * Everybody online has one, so it refers to the digest (with one node the slot itself) and to the claim instead of repeating them, and
 * keeps one version in full: 112 bytes instead of 184.
 */
export class Facts implements FactsParts {
  readonly digest: Digest;
  readonly status: Status;
  readonly claim: Claim;
  readonly policy: Policy;
  readonly restingSeenAt: number | null;
  readonly restingActiveAt: number | null;
  #version: number;
  // Null first: see `Session`.
  #liveBehind: number | null = null;
  #restingBehind: number | null = null;

  constructor(parts: Readonly<FactsParts>, version: number) {
    this.digest = parts.digest;
    this.status = statusOf(parts.digest, parts.claim);
    this.claim = parts.claim;
    this.policy = parts.policy;
    this.restingSeenAt = parts.restingSeenAt;
    this.restingActiveAt = parts.restingActiveAt;
    this.#version = version;
    this.#liveBehind = 0;
    this.#restingBehind = 0;
  }

  get certainty(): Certainty {
    return this.digest.certainty;
  }

  get sinceAt(): number | null {
    return this.digest.sinceAt;
  }

  get platforms(): readonly string[] {
    return this.digest.platforms;
  }

  get text(): string | null {
    return this.claim.text;
  }

  get invisible(): boolean {
    return this.claim.availability === 'invisible';
  }

  /** When this last changed in the eyes of those who may see the user online. */
  get liveVersion(): number {
    return this.#version - (this.#liveBehind as number);
  }

  /** The same for those who may not. */
  get restingVersion(): number {
    return this.#version - (this.#restingBehind as number);
  }

  /** The same for the user, who sees every change. */
  get ownVersion(): number {
    return this.#version;
  }

  /** Gives new facts their versions, before anybody has seen them: one more than `before`'s for those who can tell them apart. */
  follow(before: Facts, live: boolean, resting: boolean, now: number): void {
    this.#version = Math.max(before.ownVersion + 1, now);
    this.#liveBehind = this.#version - (live ? Math.max(before.liveVersion + 1, now) : before.liveVersion);
    this.#restingBehind = this.#version - (resting ? Math.max(before.restingVersion + 1, now) : before.restingVersion);
  }
}

/** The status that slots and a claim give together: what the user says beats what the sessions show, but only while there is a session. */
export function statusOf(digest: Digest, claim: Claim): Status {
  if (digest.status === 'offline') return 'offline';
  if (claim.availability === 'busy' || claim.availability === 'dnd' || claim.availability === 'away') return claim.availability;
  return digest.status;
}
