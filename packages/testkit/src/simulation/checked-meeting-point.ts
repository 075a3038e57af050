import type { LogEntry, MeetingState, MemoryMeetingPoint } from '@porchlight/server';
import type { Checks } from './checks.ts';

const keyOf = (...parts: (string | number)[]) => parts.join('\u0000');

/** Watches what really happens at the meeting point, below every wire: the log's order, and that a fence holds. */
export function checkMeetingPoint(meetingPoint: MemoryMeetingPoint, checks: Checks): MemoryMeetingPoint {
  /** Shards and incarnations of which reaping has begun, ever. */
  const reaped = new Set<string>();
  const log = new LogCheck(checks);
  meetingPoint.listen((shard, epoch, entry) => log.check(shard, epoch, entry));
  return {
    ...meetingPoint,
    async write(shard, incarnation, run, op, items) {
      const wasReaped = reaped.has(keyOf(shard, incarnation));
      const reply = await meetingPoint.write(shard, incarnation, run, op, items);
      checks.that(
        'I11',
        !wasReaped || reply.refused !== undefined,
        () => `shard ${shard} took a write of ${incarnation}, which was being reaped`,
      );
      return reply;
    },
    async fence(shard, incarnation, run) {
      const reply = await meetingPoint.fence(shard, incarnation, run);
      if (reply.refused === undefined) reaped.add(keyOf(shard, incarnation));
      return reply;
    },
    rollBack(saved) {
      meetingPoint.rollBack(saved);
      log.forget();
    },
    empty() {
      meetingPoint.empty();
      log.forget();
    },
  };
}

class LogCheck {
  readonly #checks: Checks;
  readonly #heads = new Map<number, { epoch: number; seq: number }>();
  /** How many nodes have a slot of a user, and what each of them is, as the log says. */
  readonly #counts = new Map<string, number>();
  readonly #slots = new Map<string, string>();

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  /** What a restart leaves is not logged again. */
  forget(): void {
    this.#counts.clear();
    this.#slots.clear();
  }

  check(shard: number, epoch: number, { seq, incarnation, tenant, user, change }: LogEntry): void {
    const head = this.#heads.get(shard);
    const follows = head === undefined || (epoch === head.epoch ? seq === head.seq + 1 : epoch > head.epoch && seq === 1);
    this.#checks.that('I4a', follows, () => `shard ${shard}: entry ${epoch}-${seq} after ${head?.epoch}-${head?.seq}`);
    this.#heads.set(shard, { epoch, seq });
    if ('note' in change) return;
    const key = keyOf(tenant, user);
    const before = this.#counts.get(key);
    const step = before === undefined ? 0 : change.slots - before;
    const isFlip = change.slot === null ? step === -1 || before === undefined : step === 1 || step === 0;
    this.#checks.that('I4a', isFlip || before === undefined, () => `${user}: ${change.slots} slots after ${before}, by ${incarnation}`);
    this.#counts.set(key, change.slots);
    const slotKey = keyOf(tenant, user, incarnation);
    const text = JSON.stringify(change.slot);
    this.#checks.that('I4a', this.#slots.get(slotKey) !== text, () => `${user}: ${incarnation} logged ${text} twice`);
    this.#slots.set(slotKey, text);
  }
}

/** Every slot is of somebody alive, or of somebody whom a reaper will find. */
export function checkGhosts({ nodes, dead, shards }: MeetingState, checks: Checks): void {
  for (const { slots, fences } of shards)
    for (const [user, holders] of slots)
      for (const incarnation of holders.keys())
        checks.that(
          'I8',
          nodes.has(incarnation) || dead.has(incarnation) || fences.has(incarnation),
          () => `a slot of ${JSON.stringify(user)} is of ${incarnation}, whom nobody will ever reap`,
        );
}

/** In quiet times every slot is of a process that runs. */
export function checkNoDead({ nodes, shards }: MeetingState, running: number, checks: Checks): void {
  checks.that('I8', nodes.size === running, () => `${nodes.size} incarnations are alive on ${running} nodes`);
  for (const { slots } of shards)
    for (const [user, holders] of slots)
      for (const incarnation of holders.keys())
        checks.that('I8', nodes.has(incarnation), () => `a slot of ${JSON.stringify(user)} is of ${incarnation}, which is dead`);
}
