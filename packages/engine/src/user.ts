import { Timed } from './deadlines.ts';
import type { Claim } from './policy.ts';
import type { Facts, Slot } from './presence.ts';
import type { Session } from './session.ts';
import type { Tenant } from './tenant.ts';

/** Everything the engine holds of one user of one tenant. */
export class User extends Timed {
  readonly tenant: Tenant;
  readonly id: string;
  /** Its place in the engine's table, for the packed watches. */
  readonly index: number;
  facts: Facts;
  claim: Claim;
  /** Head of the list of sessions; nearly everybody has one or none. */
  firstSession: Session | null = null;
  /** This node's slot, as last settled. */
  slot: Slot | null = null;
  /** What other nodes know; null when no other node has a slot. */
  remoteSlots: Map<string, Slot> | null = null;
  /** When the user was last signed out everywhere; what was issued before is not believed any more. */
  signedOutAt: number | null = null;
  /** What lists show of the person; opaque to the engine. */
  profile: Readonly<Record<string, string | undefined>> | null = null;
  // Numbers only, NaN for null: such a field is changed in place, where one that may be null gets a new number object at each heartbeat.
  #seenAt = Number.NaN;
  #activeAt = Number.NaN;

  constructor(tenant: Tenant, id: string, index: number, facts: Facts, claim: Claim) {
    super();
    this.tenant = tenant;
    this.id = id;
    this.index = index;
    this.facts = facts;
    this.claim = claim;
  }

  /** Last proof of life. */
  get seenAt(): number | null {
    return Number.isNaN(this.#seenAt) ? null : this.#seenAt;
  }
  set seenAt(seenAt: number | null) {
    this.#seenAt = seenAt ?? Number.NaN;
  }

  /** Last input by the person. */
  get activeAt(): number | null {
    return Number.isNaN(this.#activeAt) ? null : this.#activeAt;
  }
  set activeAt(activeAt: number | null) {
    this.#activeAt = activeAt ?? Number.NaN;
  }
}
