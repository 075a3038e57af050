import type { Held } from './coarse.ts';
import type { Claim } from './policy.ts';
import type { Facts, Slot } from './presence.ts';
import type { Session } from './session.ts';
import type { Tenant } from './tenant.ts';

type Profile = Readonly<Record<string, string | undefined>>;

/** What most users lack; a field each would cost all of them. Never changed in place, so that those who have none share one. */
interface Particulars {
  readonly signedOutAt: number | null;
  readonly revealedAt: number;
  readonly held: Held | null;
  readonly profile: Profile | null;
  /** Only while other nodes have a slot of the user too: theirs, and this node's own. */
  readonly remoteSlots: Map<string, Slot> | null;
  readonly slot: Slot | null;
  /** Times of a user who was evicted while somebody still held it; its place in the tables is another's by now. */
  readonly evicted: { readonly seenAt: number; readonly activeAt: number } | null;
}

const NONE: Particulars = Object.freeze({
  signedOutAt: null,
  revealedAt: 0,
  held: null,
  profile: null,
  remoteSlots: null,
  slot: null,
  evicted: null,
});

/**
 * Everything the engine holds of one user of one tenant: 72 bytes, its id, its facts, and two times in `UserTimes`. It has no private
 * methods, which would cost each user a field.
 */
export class User {
  readonly tenant: Tenant;
  readonly id: string;
  /** Its place in the engine's tables, also for the packed watches. */
  readonly index: number;
  facts: Facts;
  /** Head of the list of sessions; nearly everybody has one or none. */
  firstSession: Session | null = null;
  #particulars = NONE;

  constructor(tenant: Tenant, id: string, index: number, facts: Facts) {
    this.tenant = tenant;
    this.id = id;
    this.index = index;
    this.facts = facts;
  }

  /** What the user says of themselves. */
  get claim(): Claim {
    return this.facts.claim;
  }

  /** Last proof of life; null for never. */
  get seenAt(): number | null {
    return orNull(this.#particulars.evicted?.seenAt ?? this.tenant.times.seenAt(this.index));
  }
  set seenAt(seenAt: number | null) {
    this.tenant.times.set(this.index, seenAt ?? Number.NaN, this.tenant.times.activeAt(this.index));
  }

  /** Last input by the person; null for never. */
  get activeAt(): number | null {
    return orNull(this.#particulars.evicted?.activeAt ?? this.tenant.times.activeAt(this.index));
  }
  set activeAt(activeAt: number | null) {
    this.tenant.times.set(this.index, this.tenant.times.seenAt(this.index), activeAt ?? Number.NaN);
  }

  /** This node's slot, as last settled: what the facts show, unless they also show what other nodes know. */
  get slot(): Slot | null {
    if (this.#particulars.remoteSlots !== null) return this.#particulars.slot;
    const { present, certainty, sinceAt, platforms } = this.facts;
    return present === 'offline' ? null : { status: present, certainty, sinceAt: sinceAt as number, platforms };
  }

  /** Keeps this node's slot, where the facts alone will not tell it. */
  keepSlot(slot: Slot | null): void {
    if (this.#particulars.remoteSlots !== null) this.#particulars = { ...this.#particulars, slot };
  }

  /** What other nodes know; null when no other node has a slot. Set to null once the facts were settled without it. */
  get remoteSlots(): Map<string, Slot> | null {
    return this.#particulars.remoteSlots;
  }
  set remoteSlots(remoteSlots: Map<string, Slot> | null) {
    const slot = remoteSlots === null ? null : this.slot;
    this.#particulars = { ...this.#particulars, remoteSlots, slot };
  }

  /** When the user was last signed out everywhere; what was issued before is not believed any more. */
  get signedOutAt(): number | null {
    return this.#particulars.signedOutAt;
  }
  set signedOutAt(signedOutAt: number | null) {
    if (signedOutAt !== this.signedOutAt) this.#particulars = { ...this.#particulars, signedOutAt };
  }

  /** When the user last stopped being invisible: what was before is told to nobody else. 0 for never. */
  get revealedAt(): number {
    return this.#particulars.revealedAt;
  }
  set revealedAt(revealedAt: number) {
    this.#particulars = { ...this.#particulars, revealedAt };
  }

  /** What those who see buckets are shown for now, if it is not what the times say. */
  get held(): Held | null {
    return this.#particulars.held;
  }
  set held(held: Held | null) {
    if (held !== this.held) this.#particulars = { ...this.#particulars, held };
  }

  /** What lists show of the person; opaque to the engine. */
  get profile(): Profile | null {
    return this.#particulars.profile;
  }
  set profile(profile: Profile | null) {
    if (profile !== this.profile) this.#particulars = { ...this.#particulars, profile };
  }

  /** Called when its place in the tables becomes free. */
  leaveTables(): void {
    const { times } = this.tenant;
    const evicted = { seenAt: times.seenAt(this.index), activeAt: times.activeAt(this.index) };
    this.#particulars = { ...this.#particulars, evicted };
  }
}

const orNull = (at: number) => (Number.isNaN(at) ? null : at);
