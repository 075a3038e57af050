import type { Availability, Rule } from '@porchlight/protocol';
import { TIMES } from './bounds.ts';
import type { Sight } from './sight.ts';

/*
 * What is true in a simulated world, kept by those who cause it and in terms of what the invariants say, never of how the engine works.
 * Where nobody can know (a message under way, a crash before a write was acknowledged) it says so, and only certainties are checked.
 */

/** One connection or lease, from the client's side. Times are the world's. */
export interface SessionTruth {
  readonly user: string;
  readonly device: string;
  readonly process: object;
  /** When it began; of a lease, when it was last renewed. */
  openedAt: number;
  kind: 'link' | 'lease';
  /** Acknowledged, and the client is there. */
  live: boolean;
  /** Whether it counts: `changing` while a message that changes it is under way. */
  shown: 'yes' | 'changing' | 'no';
  shownAt: number;
  /** Nobody may be told before this time that it ended. */
  notBefore: number;
  /** From this time on it must have ended; Infinity while it need not end. */
  endBy: number;
  /** The server's side of it has not noticed any end. */
  open: boolean;
  /** It was ended by way of another node than the one that has it. */
  elsewhere?: boolean;
}

/** What a user has set; `certain` is false from a change until it is acknowledged as stored. */
export interface SettingsTruth {
  availability: Availability;
  onlineRule: Rule;
  lastSeenRule: Rule;
  coarseLastSeenRule: Rule;
  optedOut: boolean;
  readonly contacts: Set<string>;
  readonly blocked: Set<string>;
  pending: number;
  certain: boolean;
  changedAt: number;
}

export class UserTruth {
  readonly id: string;
  readonly tenant: string;
  readonly sessions = new Set<SessionTruth>();
  readonly settings: SettingsTruth = {
    availability: 'auto',
    onlineRule: 'everyone',
    lastSeenRule: 'everyone',
    coarseLastSeenRule: 'nobody',
    optedOut: false,
    contacts: new Set(),
    blocked: new Set(),
    pending: 0,
    certain: true,
    changedAt: 0,
  };
  /** No later time can be proven: nothing was heard of the user after it. By the clock of the node that heard. */
  evidenceMax: number | null = null;
  /** The same of what was before the bucket of time in which that lies. */
  #evidenceBefore: number | null = null;
  /** Signs of life that a server is taking in just now: each may count at any moment. */
  readonly underWay = new Set<{ readonly machine: { readonly dead: boolean } }>();
  /** At least this is proven, and no crash may lose it. */
  evidenceSafe: number | null = null;
  /** Proven since, not yet safe. */
  #fresh: number[] = [];
  /** Allowed somebody to see buckets at some time: who has not heard of the rules since may still show one. */
  hasAllowedBuckets = false;
  /** Opted out at some time: while it is not certain what is set, it may still be so. */
  hasOptedOut = false;
  /** When last signed out everywhere: what begins in the same moment, by whichever clock, may be ended by it. */
  signedOutAt = Number.NEGATIVE_INFINITY;

  constructor(tenant: string, id: string) {
    this.tenant = tenant;
    this.id = id;
  }

  /** The server heard of the user; `sure` when this must count as a proof of life. */
  prove(at: number, sure: boolean): void {
    if (this.evidenceMax !== null && bucketStartOf(this.evidenceMax) < bucketStartOf(at)) this.#evidenceBefore = this.evidenceMax;
    this.evidenceMax = Math.max(this.evidenceMax ?? 0, at);
    if (!sure) return;
    this.#fresh.push(at);
    if (this.#fresh.length > 64) this.#makeSafe(this.#fresh[31] as number);
  }

  /** A process died: what was proven after `cutoff` may be lost. */
  loseFresh(cutoff: number): void {
    this.#makeSafe(cutoff);
    this.#fresh = [];
  }

  /** What is proven while no process dies. */
  get evidence(): number | null {
    return this.#fresh.reduce<number | null>((latest, at) => Math.max(latest ?? 0, at), this.evidenceSafe);
  }

  /** The latest that can be proven of the time before the bucket in which `at` lies. */
  evidenceBefore(at: number): number | null {
    return this.evidenceMax !== null && this.evidenceMax < bucketStartOf(at) ? this.evidenceMax : this.#evidenceBefore;
  }

  get isBeingHeard(): boolean {
    for (const { machine } of this.underWay) if (!machine.dead) return true;
    return false;
  }

  forget(): void {
    this.hasOptedOut = true;
    this.#fresh = [];
    this.evidenceSafe = null;
  }

  #makeSafe(cutoff: number): void {
    for (const at of this.#fresh) if (at <= cutoff) this.evidenceSafe = Math.max(this.evidenceSafe ?? 0, at);
    this.#fresh = this.#fresh.filter((at) => at > cutoff);
  }

  /** Whoever may see the user online must be told so. */
  mustBeOnline(now: number, sight: Sight): boolean {
    if (this.settings.optedOut || this.settings.changedAt >= now || !sight.mustHold(this.settings)) return false;
    // Within the instant in which it began, an answer may still be from before.
    for (const session of this.sessions) {
      const { shown, openedAt, live, notBefore } = session;
      if (shown === 'yes' && openedAt < now && (live || now < notBefore) && sight.mustKnow(session)) return true;
    }
    return false;
  }

  /** The user may still be called online. */
  mayBeOnline(now: number, sight: Sight): boolean {
    if (this.settings.optedOut && this.settings.certain && sight.mustHold(this.settings)) return false;
    for (const session of this.sessions) {
      const isOver = !session.live && now > session.endBy && !sight.mayMissEnd(session);
      const isHidden = session.shown === 'no' && !sight.mayMissEnd({ ...session, endBy: session.shownAt });
      if (!isHidden && !isOver) return true;
    }
    return false;
  }

  /** Forgets what ended long ago. */
  prune(now: number, sight: Sight): void {
    for (const session of this.sessions)
      if (!session.live && session.endBy + 60_000 < now && !sight.mayMissEnd(session)) this.sessions.delete(session);
  }
}

/** When the bucket begins in which a time lies, for those who are shown no more of last seen. */
export const bucketStartOf = (at: number) => Math.floor(at / TIMES.lastSeenBucketMs) * TIMES.lastSeenBucketMs;

interface Rights {
  online: boolean;
  lastSeen: boolean;
  /** The bucket in which the user was last seen, and nothing else. */
  coarse: boolean;
}

const NO_RIGHTS: Rights = { online: false, lastSeen: false, coarse: false };

/** What one may see of another, as the rules of privacy say; undefined while it is not certain. */
export function rightsOf(viewer: UserTruth, target: UserTruth, sight: Sight): Rights | undefined {
  if (viewer.tenant !== target.tenant) return NO_RIGHTS;
  if (viewer === target) return { online: true, lastSeen: true, coarse: false };
  const { settings } = target;
  if (!settings.certain || !sight.mustHold(settings)) return undefined;
  if (settings.optedOut || settings.blocked.has(viewer.id)) return NO_RIGHTS;
  const allows = (rule: Rule) => rule === 'everyone' || (rule === 'contacts' && settings.contacts.has(viewer.id));
  const [online, lastSeen] = [allows(settings.onlineRule), allows(settings.lastSeenRule)];
  const coarse = !online && !lastSeen && allows(settings.coarseLastSeenRule);
  return { online: online && settings.availability !== 'invisible', lastSeen, coarse };
}
