import type { Slot } from '@porchlight/engine';
import type { UserName } from '../user-name.ts';
import type { Note } from './cluster.ts';

/*
 * Where nodes meet: a few atomic operations on shards, as a server such as Redis can run them in one step each, and a channel that may
 * lose what is said on it. Every operation may be repeated, may take effect though its answer is lost, and may arrive late.
 */

/** Why an operation did nothing. */
export type Refusal =
  /** The meeting point is not the one that the caller knows: it was restarted, emptied or rolled back. */
  | 'other-run'
  /** The incarnation is not known here. */
  | 'unknown'
  /** The incarnation was taken for dead. */
  | 'fenced'
  /** A later operation of the same incarnation came first. */
  | 'late';

export type Reply<T = object> = ({ readonly refused?: undefined } & T) | { readonly refused: Refusal };

/** How far the log of a shard goes. Epochs are never used twice; within one, numbers rise by one. */
export interface Head {
  readonly epoch: number;
  readonly seq: number;
}

export interface SlotState {
  readonly slot: Slot | null;
  readonly seenAt: number | null;
  readonly activeAt: number | null;
}

export interface HeldSlot extends UserName, SlotState {
  readonly incarnation: string;
  readonly slot: Slot;
}

/** What a node wants written: its slot of a user, or a note about one. */
export type Item = UserName & (SlotState | { readonly note: Note });

/** One line of a shard's log. */
export interface LogEntry extends UserName {
  readonly seq: number;
  readonly incarnation: string;
  /** What is new; `slots` is how many nodes have one of this user afterwards: from none to one, and back, is decided here, once. */
  readonly change: (SlotState & { readonly slots: number }) | { readonly note: Note };
}

export interface Census {
  readonly alive: readonly string[];
  /** Incarnations that are dead and not yet forgotten, and for how long their lease has been over, milliseconds. */
  readonly dead: readonly { readonly incarnation: string; readonly forMs: number }[];
}

/** Rejections mean that nothing is known: the operation may have taken effect. Adapters reject within about a second. */
export interface MeetingPoint {
  readonly shardCount: number;
  /** Which run of the meeting point answers, and its time. */
  hello(): Promise<{ readonly run: string; readonly now: number }>;
  /** Makes a new incarnation known, alive until then by the meeting point's time. Refuses one that was buried. */
  register(incarnation: string, run: string, until: number): Promise<Reply>;
  /** Prolongs a lease; one that is longer already stays as it is. */
  beat(incarnation: string, run: string, until: number): Promise<Reply<{ readonly now: number }>>;
  /** Buries incarnations whose lease is over, and says who is alive and who dead. */
  bury(run: string): Promise<Reply<Census>>;
  /** Buries one that says so itself. */
  resign(incarnation: string, run: string): Promise<Reply>;
  /** A dead incarnation has no slot in any shard any more. */
  forget(incarnation: string, run: string): Promise<Reply>;
  /** Lets an incarnation write to a shard, unless it was reaped there, however long ago the call was made. The first to attach in a new run begins a new epoch, higher than its caller's. */
  attach(shard: number, incarnation: string, run: string, epoch: number): Promise<Reply<Head>>;
  /** Writes slots and notes, logs and publishes what became different. `op` must be higher than that of every write before. */
  write(shard: number, incarnation: string, run: string, op: number, items: readonly Item[]): Promise<Reply>;
  /** From now on nothing is accepted of a dead incarnation; answers with some of the slots that it still has. */
  fence(shard: number, incarnation: string, run: string): Promise<Reply<{ readonly slots: readonly HeldSlot[] }>>;
  /** Removes slots of a fenced incarnation, and with the last one its fence. */
  drop(shard: number, incarnation: string, run: string, users: readonly UserName[]): Promise<Reply>;
  /** What was logged after a number; null when that is not known any more, or another epoch has begun. */
  log(shard: number, epoch: number, after: number): Promise<readonly LogEntry[] | null>;
  snapshot(shard: number): Promise<Head & { readonly slots: readonly HeldSlot[] }>;
  heads(): Promise<readonly Head[]>;
  /** Hears what is logged, soon after it is, mostly in order, mostly once. Returns how to stop. */
  listen(hear: (shard: number, epoch: number, entry: LogEntry) => void): () => void;
}

export const isNote = <T extends object>(item: T): item is T & { readonly note: Note } => 'note' in item;
