import type { Slot } from '@porchlight/engine';
import type { Clock } from '../clock.ts';
import type { UserName } from '../user-name.ts';
import type { Cluster, ClusterEvents, Note, RemoteSlot, SeenTimes } from './cluster.ts';
import type { HeldSlot, Item, MeetingPoint } from './meeting-point.ts';
import { ShardReader } from './shard-reader.ts';
import { ShardWriter } from './shard-writer.ts';
import { shardOf } from './shards.ts';
import { Undertaker } from './undertaker.ts';

interface MemberOptions {
  meetingPoint: MeetingPoint;
  clock: Clock;
  /** A name that no incarnation ever had. */
  newIncarnation(): string;
}

/** A node renews its lease this often, and looks how far the logs have come. */
const BEAT_MS = 2_000;
const LEASE_MS = 10_000;
const LOOK_ROUND_MS = 1_000;
const RETRY_MS = 200;
/** Everybody alive has found out about a loss and put their slots again: a beat, a lease, and the time that it takes. */
const WINDOW_MS = LEASE_MS + BEAT_MS + 2_000;

const NOBODY: ClusterEvents = {
  slots: () => {},
  note: () => {},
  missed: () => {},
  renamed: () => {},
  adopt: async () => {},
  census: () => {},
};

/**
 * One node's membership: a lease that is renewed, an incarnation under which everything is written, and the same cure for every doubt (fenced,
 * unknown, another run of the meeting point): another incarnation, everything put again under it, and only then the old one buried, so that
 * nobody is told anything.
 */
export function createMember(options: MemberOptions): Cluster {
  return new Member(options);
}

class Member implements Cluster {
  readonly several = true;
  readonly #options: MemberOptions;
  readonly #readers: readonly ShardReader[];
  readonly #writers: readonly ShardWriter[];
  readonly #undertaker: Undertaker;
  /** Every incarnation that this process was. */
  readonly #own = new Set<string>();
  readonly #waiters: (() => void)[] = [];
  readonly #alarms = new Map<string, () => void>();
  #events = NOBODY;
  #self = { run: '', incarnation: '' };
  /** Attached everywhere, and not in doubt. */
  #isMember = false;
  #isRejoining = false;
  #closed = false;
  #operation = 0;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** What to add to this node's clock to get the meeting point's. */
  #aheadMs = 0;
  #stopListening: (() => void) | undefined;
  #flushIsDue = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    const { meetingPoint, clock } = options;
    const shards = Array.from({ length: meetingPoint.shardCount }, (_, shard) => shard);
    const isOwn = (incarnation: string) => this.#own.has(incarnation);
    const events: ClusterEvents = {
      slots: (...given) => this.#events.slots(...given),
      note: (...given) => this.#events.note(...given),
      missed: (...given) => this.#events.missed(...given),
      renamed: (...given) => this.#events.renamed(...given),
      adopt: (...given) => this.#events.adopt(...given),
      census: (...given) => this.#events.census(...given),
    };
    this.#readers = shards.map(
      (shard) =>
        new ShardReader({
          shard,
          meetingPoint,
          clock,
          events,
          isOwn,
          missed: () => events.missed((name) => shardOf(name, meetingPoint.shardCount) === shard),
          windowMs: WINDOW_MS,
        }),
    );
    this.#writers = shards.map(
      (shard) =>
        new ShardWriter({
          write: (items) => this.#write(shard, items),
          refused: () => this.#doubt(),
          retry: () => this.#once('flush', RETRY_MS, () => this.#flush()),
          settled: () => this.#tellWaiters(),
        }),
    );
    this.#undertaker = new Undertaker({
      meetingPoint,
      events,
      self: () => this.#self,
      isOwn,
      isMissed: (held, diedMsAgo) => this.#isMissed(held, clock.now() - diedMsAgo),
      written: () => this.#written(),
      doubted: () => this.#doubt(),
      leaseMs: LEASE_MS,
    });
  }

  get isCutOff(): boolean {
    return this.#options.clock.now() - this.#heardAt > LEASE_MS - 2 * BEAT_MS;
  }

  async join(incarnation: string, events: ClusterEvents): Promise<void> {
    const { meetingPoint } = this.#options;
    this.#events = events;
    this.#stopListening = meetingPoint.listen((shard, epoch, entry) => {
      if (!this.#closed) this.#reader(shard).hear(epoch, entry);
    });
    for (let name = incarnation; !this.#closed; name = this.#options.newIncarnation()) {
      if (await this.#tryToJoin(name)) break;
      await this.#pause();
    }
    if (this.#closed) return;
    if (this.#self.incarnation !== incarnation) this.#events.renamed(this.#self.incarnation);
    this.#isMember = true;
    this.#repeat('beat', BEAT_MS, () => this.#beat());
    this.#repeat('look round', LOOK_ROUND_MS, () => (this.#isMember ? this.#undertaker.lookRound() : Promise.resolve()));
    this.#flush();
  }

  put(name: UserName, slot: Slot | null, times: SeenTimes): void {
    this.#writer(name).put(name, slot, times);
    this.#flushSoon();
  }

  tell(name: UserName, note: Note): void {
    this.#writer(name).tell(name, note);
    this.#flushSoon();
  }

  read(name: UserName): readonly RemoteSlot[] {
    return [...this.#reader(shardOf(name, this.#options.meetingPoint.shardCount)).slotsOf(name)];
  }

  rejoin(): void {
    this.#doubt();
  }

  async leave(): Promise<void> {
    const { meetingPoint, clock } = this.#options;
    const untilAt = clock.now() + LEASE_MS / 2;
    // What cannot be written now, others find out when the lease is over.
    while (this.#isMember && clock.now() < untilAt && !this.#writers.every(({ isIdle }) => isIdle)) await this.#pause();
    this.#closed = true;
    this.#stopListening?.();
    for (const cancel of this.#alarms.values()) cancel();
    await meetingPoint.resign(this.#self.incarnation, this.#self.run).catch(() => {});
  }

  #reader(shard: number): ShardReader {
    return this.#readers[shard] as ShardReader;
  }

  #writer(name: UserName): ShardWriter {
    return this.#writers[shardOf(name, this.#options.meetingPoint.shardCount)] as ShardWriter;
  }

  // Known here to be there (after a rollback slots come back that were given up long ago), and not back on another node since it died.
  #isMissed(held: HeldSlot, diedAt: number): boolean {
    const known = [...this.#reader(shardOf(held, this.#options.meetingPoint.shardCount)).slotsOf(held)];
    return (
      known.some(({ node }) => node === held.incarnation) &&
      !known.some(({ node, arrivedAt }) => node !== held.incarnation && arrivedAt > diedAt)
    );
  }

  async #tryToJoin(incarnation: string): Promise<boolean> {
    const { meetingPoint, clock } = this.#options;
    try {
      const { run, now } = await meetingPoint.hello();
      this.#aheadMs = now - clock.now();
      this.#own.add(incarnation);
      this.#self = { run, incarnation };
      if ((await meetingPoint.register(incarnation, run, this.#leaseEnd())).refused !== undefined) return false;
      const attached = await Promise.all(this.#readers.map(({ epoch }, shard) => meetingPoint.attach(shard, incarnation, run, epoch)));
      if (attached.some(({ refused }) => refused !== undefined)) return false;
      for (const [shard, head] of attached.entries()) if (head.refused === undefined) this.#reader(shard).compare(head);
      // The first time there is nothing that could be told too early.
      if (this.#heardAt === Number.NEGATIVE_INFINITY) await Promise.all(this.#readers.map((reader) => reader.load()));
      this.#heardAt = clock.now();
      return true;
    } catch {
      return false;
    }
  }

  #doubt(): void {
    this.#isMember = false;
    if (this.#isRejoining || this.#closed) return;
    this.#isRejoining = true;
    void this.#rejoin();
  }

  async #rejoin(): Promise<void> {
    const { newIncarnation } = this.#options;
    const old = this.#self.incarnation;
    while (!(await this.#tryToJoin(newIncarnation()))) {
      if (this.#closed) return;
      await this.#pause();
    }
    if (this.#closed) return;
    this.#isMember = true;
    // From here on there may be another doubt.
    this.#isRejoining = false;
    for (const writer of this.#writers) writer.startOver();
    this.#events.renamed(this.#self.incarnation);
    this.#flush();
    await this.#written();
    // From now on it is found among the dead, and reaped by this process.
    await this.#options.meetingPoint.resign(old, this.#self.run).catch(() => {});
  }

  async #beat(): Promise<void> {
    if (!this.#isMember) return;
    const { meetingPoint, clock } = this.#options;
    const { incarnation, run } = this.#self;
    const [beat, heads] = await Promise.all([meetingPoint.beat(incarnation, run, this.#leaseEnd()), meetingPoint.heads()]);
    if (incarnation !== this.#self.incarnation) return;
    if (beat.refused !== undefined) return this.#doubt();
    this.#aheadMs = beat.now - clock.now();
    this.#heardAt = clock.now();
    for (const [shard, head] of heads.entries()) this.#reader(shard).compare(head);
    this.#flush();
  }

  #leaseEnd(): number {
    return this.#options.clock.now() + this.#aheadMs + LEASE_MS;
  }

  #write(shard: number, items: readonly Item[]): ReturnType<MeetingPoint['write']> | undefined {
    if (!this.#isMember) return undefined;
    const { incarnation, run } = this.#self;
    this.#operation += 1;
    return this.#options.meetingPoint.write(shard, incarnation, run, this.#operation, items);
  }

  // All that one turn of the event loop brings goes into one write a shard.
  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    queueMicrotask(() => {
      this.#flushIsDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    for (const writer of this.#writers) writer.flush();
  }

  #tellWaiters(): void {
    if (this.#writers.every(({ isIdle }) => isIdle)) for (const waiter of this.#waiters.splice(0)) waiter();
  }

  #written(): Promise<void> {
    if (this.#writers.every(({ isIdle }) => isIdle)) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#options.clock.alarm(this.#options.clock.now() + RETRY_MS, resolve));
  }

  #once(what: string, delayMs: number, does: () => void): void {
    if (this.#closed || this.#alarms.has(what)) return;
    const { clock } = this.#options;
    this.#alarms.set(
      what,
      clock.alarm(clock.now() + delayMs, () => {
        this.#alarms.delete(what);
        does();
      }),
    );
  }

  #repeat(what: string, everyMs: number, does: () => Promise<void>): void {
    this.#once(what, everyMs, () => {
      void does().catch(() => {});
      this.#repeat(what, everyMs, does);
    });
  }
}
