import type { Slot } from '@porchlight/engine';
import type { UserName } from '../user-name.ts';

/** A slot of a user on another node, as far as it is known here. Times are epoch milliseconds by the clock of that node. */
export interface RemoteSlot {
  /** The incarnation that holds it. */
  readonly node: string;
  readonly slot: Slot;
  readonly seenAt: number | null;
  readonly activeAt: number | null;
}

/** The slot of a user on another node; null when that node has no session of the user any more. Null times say nothing. */
export interface SlotChange extends UserName {
  readonly node: string;
  readonly slot: Slot | null;
  readonly seenAt: number | null;
  readonly activeAt: number | null;
}

/** What nodes tell each other besides slots; it does no harm to hear one twice. */
export type Note =
  /** What the store holds of the user's settings and relations changed, or the user was signed out. */
  | { readonly kind: 'stored' }
  /** The user came and went, and no slot ever told of it. */
  | ({ readonly kind: 'seen' } & SeenTimes)
  /** A sign-in has ended at that time: leases of this device key end on every node, unless they were renewed since. */
  | { readonly kind: 'ended'; readonly deviceKey: string; readonly at: number };

/** When somebody was last seen, and what of it may be shown to those who see them offline. */
export interface SeenTimes {
  readonly seenAt: number | null;
  readonly activeAt: number | null;
  readonly restingSeenAt: number | null;
  readonly restingActiveAt: number | null;
}

/** What a node hears from the others. Every member may be called at any time, repeatedly, and in any order for different users. */
export interface ClusterEvents {
  /** What became different meanwhile: states, not a history, all true by now. */
  slots(changes: readonly SlotChange[]): void;
  note(user: UserName, note: Note): void;
  /** Some notes may not have been heard: of the users for whom `concerns` is true, what the store holds has to be read again. */
  missed(concerns: (user: UserName) => boolean): void;
  /** This process goes on as another incarnation, because it was, or may be, taken for dead: every slot it has must be put again. */
  renamed(incarnation: string): void;
  /**
   * Another node is dead for good, since `diedMsAgo` milliseconds at the longest: what it left in the store is to be ended, and these users,
   * whom it had and who have come back on no other node, are to be kept in their grace by putting slots of one's own. Resolves when that was
   * put; rejects when it cannot be done now, and is asked again.
   */
  adopt(node: string, users: readonly UserName[], diedMsAgo: number): Promise<void>;
  /** Which incarnations are alive, this one among them; about once a second. */
  census(alive: readonly string[]): void;
}

/**
 * A fenced map of slots, one writer each. Solo, there is nobody to tell; with several nodes it is where they meet, never where the truth
 * about a connection is: that is the socket in the node that holds it.
 */
export interface Cluster {
  /** Whether there may be other nodes; then the store is one that nodes share. */
  readonly several: boolean;
  /** Nothing was heard of the others for so long that what is known of their users may be over. */
  readonly isCutOff: boolean;
  /** Joins as a new incarnation. Called once, first; resolves when it is known whom the others have. */
  join(incarnation: string, events: ClusterEvents): Promise<void>;
  /** Says what this node's slot of a user is now; may repeat, the last one stands. */
  put(user: UserName, slot: Slot | null, times: SeenTimes): void;
  tell(user: UserName, note: Note): void;
  /** Every slot that other nodes hold of a user. */
  read(user: UserName): readonly RemoteSlot[];
  /** This incarnation was found to have been taken for dead: goes on as another. */
  rejoin(): void;
  /** Leaves; another node takes over this node's users, in their grace. Called once, last. */
  leave(): Promise<void>;
}
