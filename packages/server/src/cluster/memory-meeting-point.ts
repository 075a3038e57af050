import { sameSlot } from '@porchlight/engine';
import { keyOf, type UserName } from '../user-name.ts';
import type { Note } from './cluster.ts';
import {
  type Census,
  type HeldSlot,
  type Item,
  isNote,
  type LogEntry,
  type MeetingPoint,
  type Reply,
  type SlotState,
} from './meeting-point.ts';

/** An operation number of a fence: reaping has begun, nothing is accepted any more. */
const FENCED = -1;
/** Slots that one `fence` answers with. */
const REAPED_AT_ONCE = 100;
/** Nothing is under way for this long. */
const REMEMBERED_MS = 600_000;
const RUN_REFUSED = { refused: 'other-run' } as const;

interface Shard {
  /** The run that this epoch belongs to. */
  run: string;
  epoch: number;
  seq: number;
  /** Who may write, and the number of their last operation; `FENCED` for those being reaped. */
  readonly fences: Map<string, number>;
  /** Who was reaped, and until when that is remembered: what they sent before may still be under way. */
  readonly reaped: Map<string, number>;
  /** By user, then by incarnation. */
  readonly slots: Map<string, Map<string, HeldSlot>>;
  log: LogEntry[];
}

/** Everything that a meeting point knows. */
export interface MeetingState {
  /** Lease ends, by the meeting point's time. */
  readonly nodes: Map<string, number>;
  readonly dead: Map<string, number>;
  readonly shards: Shard[];
}

export interface MemoryMeetingPointOptions {
  now(): number;
  shardCount?: number;
  /** Log entries kept a shard. */
  logMax?: number;
  /** How long a lease lasts that is in order, milliseconds: the second look at a mass death comes after it. */
  leaseMs?: number;
}

/** A meeting point in this process, with what can befall one. */
export interface MemoryMeetingPoint extends MeetingPoint {
  /** Everything as it is now, to go back to. */
  save(): MeetingState;
  /** What happens when a server comes back with older data: another run, and what was saved. */
  rollBack(saved: MeetingState): void;
  /** Comes back with nothing. */
  empty(): void;
}

/**
 * The operations of `MeetingPoint` in memory, each atomic because nothing else runs meanwhile. It is what several nodes of a simulation meet
 * at, and what an adapter to a real server is held to.
 */
export function createMemoryMeetingPoint({
  now,
  shardCount = 64,
  logMax = 1_000,
  leaseMs = 10_000,
}: MemoryMeetingPointOptions): MemoryMeetingPoint {
  const freshShard = (): Shard => ({ run: '', epoch: 0, seq: 0, fences: new Map(), reaped: new Map(), slots: new Map(), log: [] });
  const freshState = (): MeetingState => ({ nodes: new Map(), dead: new Map(), shards: Array.from({ length: shardCount }, freshShard) });
  const hearers = new Set<Parameters<MeetingPoint['listen']>[0]>();
  let runs = 1;
  let doubtedSince: number | undefined;
  let state = freshState();

  const isOther = (run: string) => run !== String(runs);
  const shardAt = (index: number) => state.shards[index] as Shard;
  const isOpen = (shard: Shard, run: string) => !isOther(run) && shard.run === run;

  const append = (index: number, incarnation: string, name: UserName, change: LogEntry['change']) => {
    const shard = shardAt(index);
    shard.seq += 1;
    const entry: LogEntry = { seq: shard.seq, incarnation, tenant: name.tenant, user: name.user, change };
    shard.log.push(entry);
    if (shard.log.length > logMax) shard.log.shift();
    for (const hear of hearers) hear(index, shard.epoch, entry);
  };

  const setSlot = (index: number, incarnation: string, name: UserName, { slot, seenAt, activeAt }: SlotState) => {
    const { slots } = shardAt(index);
    const key = keyOf(name);
    const held = slots.get(key);
    if (sameSlot(held?.get(incarnation)?.slot ?? null, slot)) return;
    if (slot === null) {
      held?.delete(incarnation);
      if (held?.size === 0) slots.delete(key);
    } else {
      const holders = held ?? new Map<string, HeldSlot>();
      holders.set(incarnation, { tenant: name.tenant, user: name.user, incarnation, slot, seenAt, activeAt });
      slots.set(key, holders);
    }
    append(index, incarnation, name, { slot, seenAt, activeAt, slots: slots.get(key)?.size ?? 0 });
  };

  // The fence stays until the last slot is gone, so that anybody can go on where a reaper stopped.
  const endFence = (shard: Shard, incarnation: string) => {
    shard.fences.delete(incarnation);
    for (const [reaped, until] of shard.reaped) if (until < now()) shard.reaped.delete(reaped);
    shard.reaped.set(incarnation, now() + REMEMBERED_MS);
  };

  const slotsOf = (shard: Shard, incarnation?: string): HeldSlot[] => {
    const found: HeldSlot[] = [];
    for (const holders of shard.slots.values())
      for (const held of holders.values()) if (incarnation === undefined || held.incarnation === incarnation) found.push(held);
    return found;
  };

  // Many at once are more likely a clock that jumped: they are looked at again after a lease.
  const mayBury = (expired: number): boolean => {
    if (expired === 0 || expired * 2 <= state.nodes.size) {
      doubtedSince = undefined;
      return expired > 0;
    }
    doubtedSince ??= now();
    if (now() - doubtedSince < leaseMs) return false;
    doubtedSince = undefined;
    return true;
  };

  const census = (): Census => {
    const dead = new Map([...state.dead].map(([incarnation, until]) => [incarnation, now() - until]));
    // A reaper that died left its fence; one whose lease is not known may have been lost with it.
    for (const { fences } of state.shards)
      for (const incarnation of fences.keys()) if (!state.nodes.has(incarnation) && !dead.has(incarnation)) dead.set(incarnation, 0);
    return { alive: [...state.nodes.keys()], dead: [...dead].map(([incarnation, forMs]) => ({ incarnation, forMs })) };
  };

  const startRun = (next: MeetingState) => {
    runs += 1;
    doubtedSince = undefined;
    state = next;
  };

  return {
    shardCount,
    hello: async () => ({ run: String(runs), now: now() }),
    async register(incarnation, run, until) {
      if (isOther(run)) return RUN_REFUSED;
      if (state.dead.has(incarnation)) return { refused: 'fenced' };
      state.nodes.set(incarnation, Math.max(until, state.nodes.get(incarnation) ?? 0));
      return {};
    },
    async beat(incarnation, run, until): Promise<Reply<{ now: number }>> {
      if (isOther(run)) return RUN_REFUSED;
      const known = state.nodes.get(incarnation);
      if (known === undefined) return { refused: state.dead.has(incarnation) ? 'fenced' : 'unknown' };
      state.nodes.set(incarnation, Math.max(known, until));
      return { now: now() };
    },
    async bury(run): Promise<Reply<Census>> {
      if (isOther(run)) return RUN_REFUSED;
      const expired = [...state.nodes].filter(([, until]) => until <= now());
      if (mayBury(expired.length))
        for (const [incarnation, until] of expired) {
          state.nodes.delete(incarnation);
          state.dead.set(incarnation, until);
        }
      return census();
    },
    async resign(incarnation, run) {
      if (isOther(run)) return RUN_REFUSED;
      if (state.nodes.delete(incarnation)) state.dead.set(incarnation, now());
      return {};
    },
    async forget(incarnation, run) {
      if (isOther(run)) return RUN_REFUSED;
      if (!state.shards.some(({ fences }) => fences.has(incarnation))) state.dead.delete(incarnation);
      return {};
    },
    async attach(index, incarnation, run, epoch) {
      if (isOther(run)) return RUN_REFUSED;
      const shard = shardAt(index);
      if (shard.run !== run) {
        shard.run = run;
        shard.epoch = Math.max(shard.epoch, epoch, Math.floor(now())) + 1;
        shard.seq = 0;
        shard.log = [];
      }
      const fence = shard.fences.get(incarnation);
      if (fence === FENCED || shard.reaped.has(incarnation)) return { refused: 'fenced' };
      if (fence === undefined) shard.fences.set(incarnation, 0);
      return { epoch: shard.epoch, seq: shard.seq };
    },
    async write(index, incarnation, run, op, items: readonly Item[]) {
      const shard = shardAt(index);
      if (!isOpen(shard, run)) return RUN_REFUSED;
      const fence = shard.fences.get(incarnation);
      if (fence === undefined) return { refused: 'unknown' };
      if (fence === FENCED) return { refused: 'fenced' };
      if (op <= fence) return { refused: 'late' };
      shard.fences.set(incarnation, op);
      for (const item of items) {
        if (isNote(item)) append(index, incarnation, item, { note: item.note as Note });
        else setSlot(index, incarnation, item, item);
      }
      return {};
    },
    async fence(index, incarnation, run) {
      const shard = shardAt(index);
      if (!isOpen(shard, run)) return RUN_REFUSED;
      const slots = slotsOf(shard, incarnation);
      if (slots.length === 0) endFence(shard, incarnation);
      else shard.fences.set(incarnation, FENCED);
      return { slots: slots.slice(0, REAPED_AT_ONCE) };
    },
    async drop(index, incarnation, run, users) {
      const shard = shardAt(index);
      if (!isOpen(shard, run)) return RUN_REFUSED;
      if (shard.fences.get(incarnation) !== FENCED) return { refused: 'unknown' };
      for (const name of users) setSlot(index, incarnation, name, { slot: null, seenAt: null, activeAt: null });
      if (slotsOf(shard, incarnation).length === 0) endFence(shard, incarnation);
      return {};
    },
    async log(index, epoch, after) {
      const shard = shardAt(index);
      const oldest = shard.log[0]?.seq ?? shard.seq + 1;
      if (shard.epoch !== epoch || after + 1 < oldest || after > shard.seq) return null;
      return shard.log.filter(({ seq }) => seq > after);
    },
    async snapshot(index) {
      const shard = shardAt(index);
      return { epoch: shard.epoch, seq: shard.seq, slots: slotsOf(shard) };
    },
    heads: async () => state.shards.map(({ epoch, seq }) => ({ epoch, seq })),
    listen(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    save: () => copyOf(state),
    rollBack: (saved) => startRun(copyOf(saved)),
    empty: () => startRun(freshState()),
  };
}

// Slots and log entries never change.
function copyOf({ nodes, dead, shards }: MeetingState): MeetingState {
  return {
    nodes: new Map(nodes),
    dead: new Map(dead),
    shards: shards.map((shard) => ({
      ...shard,
      fences: new Map(shard.fences),
      reaped: new Map(shard.reaped),
      slots: new Map([...shard.slots].map(([user, holders]) => [user, new Map(holders)])),
      log: [...shard.log],
    })),
  };
}
