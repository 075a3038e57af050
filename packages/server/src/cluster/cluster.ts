import type { Slot } from '@porchlight/engine';

/** What a node hears from the others. Every member may be called at any time, repeatedly, and in any order for different users. */
export interface ClusterEvents {
  /** The slot of a user on another node; null when that node has no session of the user any more. */
  slot(tenant: string, user: string, node: string, slot: Slot | null, seenAt: number | null, activeAt: number | null): void;
  /** Settings or relations of a user were changed and stored by another node. */
  settings(tenant: string, user: string): void;
}

/**
 * A fenced map of slots, one writer each. Solo, there is nobody to tell; with several nodes it is where they meet, never where the truth
 * about a connection is: that is the socket in the node that holds it.
 */
export interface Cluster {
  /** Joins as a new incarnation. Called once, first. */
  join(node: string, events: ClusterEvents): Promise<void>;
  /** Says what this node's slot of a user is now; may repeat, the last one stands. */
  put(tenant: string, user: string, slot: Slot | null, seenAt: number | null, activeAt: number | null): void;
  /** Tells the others that what the store holds of a user's settings and relations changed. */
  announce(tenant: string, user: string): void;
  /** Every slot that other nodes hold of these users, before the node first speaks of them. */
  read(tenant: string, users: readonly string[]): Promise<{ user: string; node: string; slot: Slot }[]>;
  /** Leaves; the others see this node's slots go. Called once, last. */
  leave(): Promise<void>;
}
