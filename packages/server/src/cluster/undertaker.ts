import { keyOf, type UserName } from '../user-name.ts';
import type { ClusterEvents } from './cluster.ts';
import type { Census, HeldSlot, MeetingPoint } from './meeting-point.ts';
import { chosenFor, shardOf } from './shards.ts';

interface UndertakerOptions {
  readonly meetingPoint: MeetingPoint;
  readonly events: Pick<ClusterEvents, 'adopt' | 'census'>;
  /** The run that is known, and the incarnation that this process is now. */
  self(): { readonly run: string; readonly incarnation: string };
  isOwn(incarnation: string): boolean;
  /** Whether somebody whose node died has to be kept: known here to have been there, and not seen to have come back elsewhere since. */
  isMissed(held: HeldSlot, diedMsAgo: number): boolean;
  /** Everything put so far has been taken. */
  written(): Promise<void>;
  /** The meeting point is another one. */
  doubted(): void;
  /** How long a lease lasts, milliseconds. */
  leaseMs: number;
}

/** For the sake of cheapness one node takes on each dead one; when that one does not, this much later everybody does. */
const OTHERS_AFTER_MS = 3_000;

/**
 * Buries nodes whose lease is over and takes over what they left. Whatever is left undone, because a node died over it or the answer was
 * lost, is found again by the next look round, here or elsewhere: every step may be repeated.
 */
export class Undertaker {
  readonly #options: UndertakerOptions;
  readonly #busy = new Set<string>();

  constructor(options: UndertakerOptions) {
    this.#options = options;
  }

  /** Looks for the dead; called about once a second. */
  async lookRound(): Promise<void> {
    const { meetingPoint, self, events, doubted } = this.#options;
    const { run, incarnation } = self();
    const census = await meetingPoint.bury(run);
    if (census.refused !== undefined) return doubted();
    if (!census.alive.includes(incarnation)) return;
    events.census(census.alive);
    for (const dead of census.dead) if (this.#isMine(dead, census)) void this.#reap(dead.incarnation, dead.forMs).catch(() => {});
  }

  #isMine({ incarnation, forMs }: Census['dead'][number], { alive }: Census): boolean {
    if (this.#busy.has(incarnation)) return false;
    return (
      this.#options.isOwn(incarnation) || forMs > OTHERS_AFTER_MS || chosenFor(incarnation, alive) === this.#options.self().incarnation
    );
  }

  async #reap(dead: string, forMs: number): Promise<void> {
    this.#busy.add(dead);
    try {
      await this.#reapAll(dead, forMs);
    } finally {
      this.#busy.delete(dead);
    }
  }

  async #reapAll(dead: string, forMs: number): Promise<void> {
    const { meetingPoint, self, events, isMissed, written, leaseMs } = this.#options;
    const { run } = self();
    const diedMsAgo = forMs + leaseMs;
    // What this process had under another name it has put again under the present one.
    const isOwn = this.#options.isOwn(dead);
    if (isOwn) await written();
    for (let isFirst = true; ; isFirst = false) {
      const held = await this.#fenceAll(dead, run);
      if (held === undefined) return this.#options.doubted();
      if (!isOwn && (isFirst || held.length > 0)) {
        await events.adopt(
          dead,
          held.filter((each) => isMissed(each, diedMsAgo)),
          diedMsAgo,
        );
        // They must be seen here before they are seen to have gone there.
        await written();
      }
      if (held.length === 0) break;
      for (const [shard, users] of byShard(held, meetingPoint.shardCount)) {
        const { refused } = await meetingPoint.drop(shard, dead, run, users);
        if (refused !== undefined) return;
      }
    }
    await meetingPoint.forget(dead, run);
  }

  async #fenceAll(dead: string, run: string): Promise<HeldSlot[] | undefined> {
    const { meetingPoint } = this.#options;
    const shards = Array.from({ length: meetingPoint.shardCount }, (_, shard) => meetingPoint.fence(shard, dead, run));
    const held: HeldSlot[] = [];
    for (const reply of await Promise.all(shards)) {
      if (reply.refused === 'other-run') return undefined;
      if (reply.refused === undefined) held.push(...reply.slots);
    }
    return held;
  }
}

function byShard(held: readonly HeldSlot[], shardCount: number): Map<number, UserName[]> {
  const shards = new Map<number, UserName[]>();
  const seen = new Set<string>();
  for (const { tenant, user } of held) {
    if (seen.has(keyOf({ tenant, user }))) continue;
    seen.add(keyOf({ tenant, user }));
    const shard = shardOf({ tenant, user }, shardCount);
    shards.set(shard, [...(shards.get(shard) ?? []), { tenant, user }]);
  }
  return shards;
}
