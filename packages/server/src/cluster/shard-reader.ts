import { sameSlot } from '@porchlight/engine';
import type { Clock } from '../clock.ts';
import { keyOf, type UserName } from '../user-name.ts';
import type { ClusterEvents, RemoteSlot, SlotChange } from './cluster.ts';
import type { Head, HeldSlot, LogEntry, MeetingPoint } from './meeting-point.ts';

/** What is known of one slot of another node. */
interface Known extends RemoteSlot, UserName {
  /** When it was first heard of, by this node's clock. */
  readonly arrivedAt: number;
}

interface ShardReaderOptions {
  readonly shard: number;
  readonly meetingPoint: MeetingPoint;
  readonly clock: Clock;
  readonly events: Pick<ClusterEvents, 'slots' | 'note'>;
  /** Whether an incarnation is, or was, this process. */
  isOwn(incarnation: string): boolean;
  /** Notes may not have been heard. */
  missed(): void;
  /** How long the others have to put their slots again after a loss, before what is not there is believed to be over. */
  windowMs: number;
}

/**
 * What one node knows of one shard. Published entries are the fast way; a gap in their numbers, or a head that is ahead, is read up in the
 * log, and when the log does not go back that far, in a snapshot. In a new epoch everything known stays until the window has passed:
 * the others are putting their slots again, and nobody is to be told that they left.
 */
export class ShardReader {
  readonly #options: ShardReaderOptions;
  /** By user, then by incarnation. */
  readonly #known = new Map<string, Map<string, Known>>();
  #epoch = 0;
  #seq = 0;
  /** The furthest that was heard of, in this epoch. */
  #headSeq = 0;
  #windowUntil: number | undefined;
  #reading = false;

  constructor(options: ShardReaderOptions) {
    this.#options = options;
  }

  get epoch(): number {
    return this.#epoch;
  }

  slotsOf(name: UserName): Iterable<Known> {
    return this.#known.get(keyOf(name))?.values() ?? [];
  }

  hear(epoch: number, entry: LogEntry): void {
    this.#meetEpoch(epoch);
    if (epoch !== this.#epoch) return;
    this.#headSeq = Math.max(this.#headSeq, entry.seq);
    if (entry.seq === this.#seq + 1) this.#apply([entry]);
    else if (entry.seq > this.#seq) this.#catchUp();
  }

  /** Compares with how far the log goes by now; called every now and then, since what was published last may be lost. */
  compare({ epoch, seq }: Head): void {
    this.#meetEpoch(epoch);
    if (epoch !== this.#epoch) return;
    this.#headSeq = Math.max(this.#headSeq, seq);
    const windowOver = this.#windowUntil !== undefined && this.#options.clock.now() >= this.#windowUntil;
    if (windowOver || seq > this.#seq) this.#catchUp();
  }

  /** Reads everything; rejects when that fails. */
  async load(): Promise<void> {
    const { shard, meetingPoint } = this.#options;
    const { epoch, seq, slots } = await meetingPoint.snapshot(shard);
    if (epoch < this.#epoch || (epoch === this.#epoch && seq < this.#seq)) return;
    this.#epoch = epoch;
    this.#seq = seq;
    this.#headSeq = seq;
    this.#windowUntil = undefined;
    this.#replace(slots);
  }

  #meetEpoch(epoch: number): void {
    if (epoch <= this.#epoch) return;
    const isFirst = this.#epoch === 0;
    this.#epoch = epoch;
    this.#seq = 0;
    this.#headSeq = 0;
    if (!isFirst) this.#windowUntil = this.#options.clock.now() + this.#options.windowMs;
    this.#options.missed();
  }

  #catchUp(): void {
    if (this.#reading) return;
    this.#reading = true;
    // What fails is tried again when the head is next compared.
    void this.#read()
      .catch(() => {})
      .finally(() => {
        this.#reading = false;
      });
  }

  async #read(): Promise<void> {
    const { shard, meetingPoint, clock } = this.#options;
    while (this.#seq < this.#headSeq) {
      const epoch = this.#epoch;
      const entries = await meetingPoint.log(shard, epoch, this.#seq);
      if (epoch !== this.#epoch) continue;
      if (entries === null) {
        // Too old to be in the log. In a window the snapshot has to wait, and comes then.
        if (this.#windowUntil !== undefined) break;
        await this.load();
        return this.#options.missed();
      }
      const before = this.#seq;
      // What was published meanwhile is among them.
      this.#apply(entries.filter(({ seq }) => seq > before));
      if (this.#seq === before) break;
    }
    if (this.#windowUntil === undefined || clock.now() < this.#windowUntil) return;
    await this.load();
    this.#options.missed();
  }

  // Somebody who came and went while nothing was heard is not said to have come.
  #apply(entries: readonly LogEntry[]): void {
    const changes = new Map<string, SlotChange>();
    for (const { seq, incarnation, tenant, user, change } of entries) {
      this.#seq = seq;
      if (this.#options.isOwn(incarnation)) continue;
      if ('note' in change) this.#options.events.note({ tenant, user }, change.note);
      else {
        const { slot, seenAt, activeAt } = change;
        changes.set(`${incarnation}\u0000${keyOf({ tenant, user })}`, { tenant, user, node: incarnation, slot, seenAt, activeAt });
      }
    }
    this.#take([...changes.values()]);
  }

  #replace(held: readonly HeldSlot[]): void {
    const there = new Set<string>();
    const changes: SlotChange[] = [];
    for (const each of held) {
      if (this.#options.isOwn(each.incarnation)) continue;
      there.add(`${each.incarnation}\u0000${keyOf(each)}`);
      changes.push({ ...each, node: each.incarnation });
    }
    for (const slots of this.#known.values())
      for (const { tenant, user, node } of slots.values())
        if (!there.has(`${node}\u0000${keyOf({ tenant, user })}`))
          changes.push({ tenant, user, node, slot: null, seenAt: null, activeAt: null });
    this.#take(changes);
  }

  // What is there first, then what is not: a user whose node got another name never has no slot in between.
  #take(changes: readonly SlotChange[]): void {
    const there = changes.filter(({ slot }) => slot !== null);
    const gone = changes.filter(({ slot }) => slot === null);
    const news = [...there, ...gone].filter((change) => this.#keep(change));
    if (news.length > 0) this.#options.events.slots(news);
  }

  /** False when that is no news. */
  #keep({ tenant, user, node, slot, seenAt, activeAt }: SlotChange): boolean {
    const key = keyOf({ tenant, user });
    const slots = this.#known.get(key) ?? new Map<string, Known>();
    const before = slots.get(node);
    if (slot === null) {
      slots.delete(node);
      if (slots.size === 0) this.#known.delete(key);
      return before !== undefined || seenAt !== null;
    }
    slots.set(node, { tenant, user, node, slot, seenAt, activeAt, arrivedAt: before?.arrivedAt ?? this.#options.clock.now() });
    this.#known.set(key, slots);
    return before === undefined || !sameSlot(before.slot, slot);
  }
}
