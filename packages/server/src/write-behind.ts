import type { Session, User } from '@porchlight/engine';
import type { Clock } from './clock.ts';
import { PorchlightError } from './errors.ts';
import { emptyBatch, type Relation, type SessionRecord, type Store, type StoreBatch, type UserRecord } from './stores/store.ts';

interface WriteBehindOptions {
  store: Store;
  clock: Clock;
  /** Names this incarnation in the store. */
  node: string;
  /** A write waits at most this long for others to join it. */
  flushMs: number;
  /** How often the node says that it is alive. */
  beatMs: number;
  onError(error: unknown): void;
  onWritten(batch: StoreBatch, tookMs: number): void;
}

interface Taken {
  users: Set<User>;
  sessions: Set<Session>;
  relations: Relation[];
  forget: User[];
}

/** After a failed write the next attempt waits this long. */
const RETRY_MS = 500;

/**
 * Saves behind the engine's back: it is told *that* something changed and reads *what* when it writes, so that a user who flickers a hundred
 * times a second is one row. One write is under way at a time; the next gathers meanwhile. A write that fails is repeated until it succeeds.
 */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  #users = new Set<User>();
  #sessions = new Set<Session>();
  #relations: Relation[] = [];
  #forget: User[] = [];
  #waiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #writing: Promise<void> | undefined;
  #cancelAlarm: (() => void) | undefined;
  #alarmAt = Number.POSITIVE_INFINITY;
  #beatAt = 0;
  #closed = false;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  start(): void {
    this.#beatAt = this.#options.clock.now() + this.#options.beatMs;
    this.#schedule(this.#beatAt);
  }

  get pendingCount(): number {
    return this.#users.size + this.#sessions.size + this.#relations.length;
  }

  holds(user: User): boolean {
    return this.#users.has(user) || this.#writing !== undefined;
  }

  saveUser(user: User): void {
    this.#users.add(user);
    this.#soon();
  }

  saveSession(session: Session): void {
    this.#sessions.add(session);
    this.#soon();
  }

  relate(relation: Relation): void {
    this.#relations.push(relation);
    this.#soon();
  }

  forget(user: User): void {
    this.#forget.push(user);
    this.#soon();
  }

  /** Resolves when everything noted so far is durable; rejects with UNAVAILABLE when the store refuses it, though it is tried again. */
  flushed(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#write();
    });
  }

  /** Writes what is left, as often as `attempts` says, and stops. */
  async close(attempts = 3): Promise<void> {
    this.#closed = true;
    this.#cancelAlarm?.();
    await this.#writing;
    for (let attempt = 0; attempt < attempts && this.pendingCount + this.#forget.length > 0; attempt += 1) {
      this.#write();
      await this.#writing;
    }
  }

  #soon(): void {
    if (this.#cancelAlarm !== undefined && this.#alarmAt <= this.#options.clock.now() + this.#options.flushMs) return;
    this.#schedule(this.#options.clock.now() + this.#options.flushMs);
  }

  #schedule(at: number): void {
    if (this.#closed) return;
    this.#cancelAlarm?.();
    this.#alarmAt = at;
    this.#cancelAlarm = this.#options.clock.alarm(at, () => {
      this.#cancelAlarm = undefined;
      this.#write();
    });
  }

  #write(): void {
    // The one under way looks again when it is done.
    if (this.#writing !== undefined) return;
    const { clock, beatMs, node } = this.#options;
    const now = clock.now();
    const beatDue = now >= this.#beatAt;
    const waiters = this.#waiters;
    if (!beatDue && this.pendingCount + this.#forget.length + waiters.length === 0) return this.#schedule(this.#beatAt);
    const taken = this.#take();
    const batch = this.#batchOf(taken);
    if (beatDue) {
      batch.beat = { node, at: now };
      this.#beatAt = now + beatMs;
    }
    this.#waiters = [];
    this.#writing = this.#options.store.write(batch).then(
      () => {
        this.#options.onWritten(batch, clock.now() - now);
        for (const waiter of waiters) waiter.resolve();
        this.#done(0);
      },
      (error) => {
        this.#putBack(taken);
        this.#options.onError(error);
        const refused = new PorchlightError('UNAVAILABLE', 'The store does not take writes at the moment.', {
          retryAfterMs: 1_000,
          cause: error,
        });
        for (const waiter of waiters) waiter.reject(refused);
        this.#done(RETRY_MS);
      },
    );
  }

  #take(): Taken {
    const taken = { users: this.#users, sessions: this.#sessions, relations: this.#relations, forget: this.#forget };
    this.#users = new Set();
    this.#sessions = new Set();
    this.#relations = [];
    this.#forget = [];
    return taken;
  }

  #putBack(taken: Taken): void {
    for (const user of taken.users) this.#users.add(user);
    for (const session of taken.sessions) this.#sessions.add(session);
    this.#relations = [...taken.relations, ...this.#relations];
    this.#forget = [...taken.forget, ...this.#forget];
  }

  #done(waitMs: number): void {
    this.#writing = undefined;
    if (this.#closed) return;
    if (this.#waiters.length > 0 && waitMs === 0) return this.#write();
    const busy = this.pendingCount + this.#forget.length + this.#waiters.length > 0;
    const { clock, flushMs } = this.#options;
    this.#schedule(busy ? Math.min(this.#beatAt, clock.now() + Math.max(waitMs, flushMs)) : this.#beatAt);
  }

  #batchOf(taken: Taken): StoreBatch {
    const batch = emptyBatch();
    for (const user of taken.users) batch.users.push(userRecord(user));
    for (const session of taken.sessions) {
      // Of somebody who opted out nothing is written down; what a dead process left is already.
      const isRemembered = session.recovered && session.kind === 'link';
      if (!session.user.facts.policy.optedOut && !isRemembered) batch.sessions.push(sessionRecord(session, this.#options.node));
    }
    batch.relations = taken.relations;
    batch.forget = taken.forget.map((user) => ({ tenant: user.tenant.name, user: user.id }));
    return batch;
  }
}

function userRecord(user: User): UserRecord {
  const { facts, claim } = user;
  return {
    tenant: user.tenant.name,
    user: user.id,
    seenAt: user.seenAt,
    activeAt: user.activeAt,
    restingSeenAt: facts.restingSeenAt,
    restingActiveAt: facts.restingActiveAt,
    availability: claim.availability,
    availabilityUntilAt: claim.untilAt === Number.POSITIVE_INFINITY ? null : claim.untilAt,
    text: claim.text,
    onlineRule: facts.policy.onlineRule,
    lastSeenRule: facts.policy.lastSeenRule,
    optedOut: facts.policy.optedOut,
    signedOutAt: user.signedOutAt,
    profile: user.profile === null ? null : JSON.stringify(user.profile),
  };
}

function sessionRecord(session: Session, node: string): SessionRecord {
  const { details } = session;
  const open = session.state === 'live';
  return {
    id: session.storedId ?? `${node}-${session.number}`,
    tenant: session.user.tenant.name,
    user: session.user.id,
    node,
    kind: session.kind,
    dialect: details.dialect,
    platform: details.platform,
    appVersion: details.appVersion,
    device: details.device,
    screen: details.screen,
    startedAt: session.startedAt,
    seenAt: session.seenAt,
    leaseUntilAt: session.kind === 'lease' ? session.untilAt : null,
    // A lost link ended when it was last heard; should it come back within its grace, this is taken back.
    endedAt: open ? null : session.seenAt,
    endReason: open ? null : (session.endReason ?? 'lost'),
    hidden: !session.shown,
  };
}
