import type { Certainty, Status } from '@porchlight/protocol';
import type { Claim, Policy } from './policy.ts';
import type { Standing } from './standing.ts';

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

/** Platforms come from clients: the table must not grow with what they make up. */
const UNITED_MAX = 1_000;
const united = new Map<string, readonly string[]>();

/** Sorted and without repeats; equal sets are the same frozen array, so that they compare by identity and cost nothing a user. */
export function unitePlatforms(platforms: readonly string[]): readonly string[] {
  if (platforms.length === 0) return NO_PLATFORMS;
  // Most users are on one platform.
  const sorted = platforms.length === 1 ? platforms : [...new Set(platforms)].sort();
  const key = sorted.length === 1 ? (sorted[0] as string) : sorted.join('\u0000');
  const known = united.get(key);
  // The key is only a guess: a client may put a separator into the name of its platform.
  if (known !== undefined) return samePlatforms(known, sorted) ? known : Object.freeze([...sorted]);
  if (united.size >= UNITED_MAX) united.clear();
  const shared = Object.freeze([...sorted]);
  united.set(key, shared);
  return shared;
}

/** The same with one more, which may be there already. */
export function withPlatform(platforms: readonly string[], platform: string): readonly string[] {
  // Nearly everybody's only one, as somebody else has it already.
  const known = platforms.length === 0 ? united.get(platform) : undefined;
  if (known?.length === 1) return known;
  for (const each of platforms) if (each === platform) return platforms;
  return unitePlatforms([...platforms, platform]);
}

export function sameSlot(a: Slot | null, b: Slot | null): boolean {
  if (a === null || b === null) return a === b;
  return a.status === b.status && a.certainty === b.certainty && a.sinceAt === b.sinceAt && samePlatforms(a.platforms, b.platforms);
}

export function samePlatforms(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  // Not `every`: of a frozen array V8 has no fast one, and it was a twentieth of a change.
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** What facts are made of. */
export interface FactsParts {
  standing: Standing;
  /** Epoch milliseconds since when there has been a session without a gap; null when there is none. */
  sinceAt: number | null;
  /** What is shown as last seen while the user is, or appears, offline. */
  restingSeenAt: number | null;
  restingActiveAt: number | null;
}

/**
 * Everything that can be shown of a user, unredacted, at one moment. Never changed in place: a change is a new object, and what held
 * before is still there to be compared. Only `visibility` turns it into something that may leave.
 *
 * Everybody has one, so only one of its times, the version, is kept in full; the others as how far they lie behind it, which V8 keeps in
 * the field while it is less than 24 days: 96 bytes, and 184 with everything in full.
 */
export class Facts implements FactsParts {
  readonly standing: Standing;
  readonly #version: number;
  #sinceBehind: number | null;
  #restingSeenBehind: number | null;
  #restingActiveBehind: number | null;
  #liveBehind: number | null;
  #restingBehind: number | null;

  constructor({ standing, sinceAt, restingSeenAt, restingActiveAt }: Readonly<FactsParts>, version: number) {
    this.standing = standing;
    this.#version = version;
    this.#sinceBehind = behind(version, sinceAt);
    this.#restingSeenBehind = behind(version, restingSeenAt);
    this.#restingActiveBehind = behind(version, restingActiveAt);
    this.#liveBehind = 0;
    this.#restingBehind = 0;
  }

  /** What the sessions show, whatever the user says. */
  get present(): Digest['status'] {
    return this.standing.present;
  }

  get status(): Status {
    return this.standing.status;
  }

  get certainty(): Certainty {
    return this.standing.certainty;
  }

  get platforms(): readonly string[] {
    return this.standing.platforms;
  }

  get claim(): Claim {
    return this.standing.claim;
  }

  get policy(): Policy {
    return this.standing.policy;
  }

  get text(): string | null {
    return this.standing.claim.text;
  }

  get invisible(): boolean {
    return this.standing.claim.availability === 'invisible';
  }

  get sinceAt(): number | null {
    return beforeBy(this.#version, this.#sinceBehind);
  }

  get restingSeenAt(): number | null {
    return beforeBy(this.#version, this.#restingSeenBehind);
  }

  get restingActiveAt(): number | null {
    return beforeBy(this.#version, this.#restingActiveBehind);
  }

  /** When this last changed in the eyes of those who may see the user online. */
  get liveVersion(): number {
    return beforeBy(this.#version, this.#liveBehind) ?? 0;
  }

  /** The same for those who may not. */
  get restingVersion(): number {
    return beforeBy(this.#version, this.#restingBehind) ?? 0;
  }

  /** The same for the user, who sees every change. */
  get ownVersion(): number {
    return this.#version;
  }

  /** The version of facts that come after these. */
  versionAfter(now: number): number {
    return Math.max(this.#version + 1, now);
  }

  /** Gives new facts their other versions, before anybody has seen them: one more than `before`'s for those who can tell them apart. */
  follow(before: Facts, live: boolean, resting: boolean, now: number): void {
    const [liveVersion, restingVersion] = [before.liveVersion, before.restingVersion];
    this.#liveBehind = behind(this.#version, (live ? Math.max(liveVersion + 1, now) : liveVersion) || null);
    this.#restingBehind = behind(this.#version, (resting ? Math.max(restingVersion + 1, now) : restingVersion) || null);
  }

  /** The same in the eyes of everybody, though a session shows something else than before. */
  alike(standing: Standing): Facts {
    const facts = new Facts(
      { standing, sinceAt: this.sinceAt, restingSeenAt: this.restingSeenAt, restingActiveAt: this.restingActiveAt },
      this.#version,
    );
    facts.#liveBehind = this.#liveBehind;
    facts.#restingBehind = this.#restingBehind;
    return facts;
  }
}

// The field holds what is small itself; a difference that V8 has reckoned in floating point would be an object of 16 bytes, whatever its size.
function behind(version: number, at: number | null): number | null {
  if (at === null) return null;
  const ms = version - at;
  return (ms | 0) === ms ? ms | 0 : ms;
}

const beforeBy = (version: number, ms: number | null) => (ms === null ? null : version - ms);
