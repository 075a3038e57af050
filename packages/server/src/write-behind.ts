import type { Session, User } from '@porchlight/engine';
import type { Clock } from './clock.ts';
import { PorchlightError } from './errors.ts';
import { PendingWrites } from './pending-writes.ts';
import { sessionRecord, userRecord } from './records.ts';
import { emptyBatch, type Relation, type SettingsChange, type Store, type StoreBatch } from './stores/store.ts';
import { StoreError } from './stores/store-error.ts';
import { keyOf, nameOf, type UserName } from './user-name.ts';

interface WriteBehindOptions {
  store: Store;
  clock: Clock;
  /** Names this incarnation in the store. */
  node: string;
  /** Whether other nodes write to the store too. */
  isShared: boolean;
  /** A write waits at most this long for others to join it. */
  flushMs: number;
  /** How often the node says that it is alive. */
  beatMs: number;
  onError(error: unknown): void;
  /** Another node took this one for dead: it has to get another name. */
  onBuried(): void;
  /** The store takes writes, but not what is to be saved of this user. It is kept, and tried again later. */
  onRefused(user: string, error: unknown): void;
  onWritten(batch: StoreBatch, tookMs: number): void;
}

interface Waiter {
  /** Whose writes it waits for; undefined for everybody's. */
  user: User | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/** After a failed write the next attempt waits this long. */
const RETRY_MS = 500;
/** What the store refused by itself, while it took everything else, is tried again this much later. */
const REFUSED_RETRY_MS = 60_000;
/** Of more users than this it is the store that fails. */
const REFUSED_MAX = 32;

/**
 * Saves behind the engine's back: it is told *that* something changed and reads *what* when it writes, so that a user who flickers a hundred
 * times a second is one row. One write is under way at a time; the next gathers meanwhile. A write that fails is repeated until it succeeds;
 * should it fail again though the store takes others, it is taken apart, so that what the store will never take of one user holds up nobody
 * else.
 */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  #node: string;
  #pending = new PendingWrites();
  #refused = new PendingWrites();
  #refusedKeys: ReadonlySet<string> = new Set();
  #refusedRetryAt = Number.POSITIVE_INFINITY;
  #waiters: Waiter[] = [];
  #writing: Promise<void> | undefined;
  /** What is being written. */
  #inFlight = new PendingWrites();
  /** Failed attempts since the last one that succeeded. */
  #failures = 0;
  #retryAt = 0;
  #cancelAlarm: (() => void) | undefined;
  #alarmAt = Number.POSITIVE_INFINITY;
  #beatAt = 0;
  #closed = false;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
    this.#node = options.node;
  }

  start(): void {
    this.#beatAt = this.#options.clock.now() + this.#options.beatMs;
    this.#schedule(this.#beatAt);
  }

  /** How much waits to be written. */
  get pendingCount(): number {
    return this.#pending.size + this.#refused.size;
  }

  /** Whether something of this user has yet to be stored. */
  holds(user: User): boolean {
    return this.#pending.concerns(user) || this.#refused.concerns(user) || this.#inFlight.concerns(user);
  }

  /** What was changed of a user's settings and relations and has yet to be stored, in order. */
  unwritten(tenant: string, user: string): { settings: SettingsChange[]; relations: Relation[] } {
    const parts = [this.#inFlight, this.#refused, this.#pending];
    const isTheirs = (each: UserName) => each.tenant === tenant && each.user === user;
    return {
      settings: parts.flatMap(({ settings }) => settings.filter(isTheirs)),
      relations: parts.flatMap(({ relations }) => relations.filter(isTheirs)),
    };
  }

  saveUser(user: User): void {
    this.#pending.users.add(user);
    this.#soon();
  }

  saveSession(session: Session): void {
    this.#pending.sessions.add(session);
    // One that has ended in the store no longer vouches for when its user was last seen: should the process die now, that must be there.
    if (session.state !== 'live') this.#pending.users.add(session.user);
    this.#soon();
  }

  relate(relation: Relation): void {
    this.#pending.relations.push(relation);
    this.#soon();
  }

  /** Of a user who is saved too. */
  changeSettings(change: SettingsChange): void {
    if (!this.#options.isShared) return;
    this.#pending.settings.push(change);
    this.#soon();
  }

  /** From now on everything is written under another name; what is open has to be saved again. */
  rename(node: string): void {
    this.#node = node;
    this.#beatAt = this.#options.clock.now();
    this.#soon();
  }

  forget(user: User): void {
    this.#pending.forget.push(user);
    this.#soon();
  }

  /**
   * Resolves when what was noted so far is durable; rejects with UNAVAILABLE when the store takes nothing, or nothing of this user, though
   * that is tried again.
   */
  flushed(user?: User): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ user, resolve, reject });
      this.#write();
    });
  }

  /** Writes what is left, as often as `attempts` says, and stops. */
  async close(attempts = 3): Promise<void> {
    this.#closed = true;
    this.#cancelAlarm?.();
    await this.#writing;
    this.#pending.add(this.#refused.take());
    for (let attempt = 0; attempt < attempts && this.#pending.size + this.#waiters.length > 0; attempt += 1) {
      this.#write();
      await this.#writing;
    }
  }

  #soon(): void {
    const at = Math.max(this.#options.clock.now() + this.#options.flushMs, this.#retryAt);
    if (this.#cancelAlarm === undefined || this.#alarmAt > at) this.#schedule(at);
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
    const { clock, beatMs } = this.#options;
    const now = clock.now();
    if (now >= this.#refusedRetryAt) {
      this.#refusedRetryAt = Number.POSITIVE_INFINITY;
      this.#pending.add(this.#refused.take());
      this.#refusedKeys = new Set();
    }
    const beatDue = now >= this.#beatAt;
    if (!beatDue && this.#pending.size + this.#waiters.length === 0) return this.#schedule(this.#beatAt);
    const taken = this.#pending.take();
    this.#inFlight = taken;
    const waiters = this.#waiters;
    this.#waiters = [];
    const batch = this.#batchOf([taken]);
    if (beatDue) {
      batch.beat = { node: this.#node, at: now };
      this.#beatAt = now + beatMs;
    }
    this.#writing = this.#carryOut(batch, taken, waiters).then((succeeded) => this.#done(succeeded));
  }

  async #carryOut(batch: StoreBatch, taken: PendingWrites, waiters: readonly Waiter[]): Promise<boolean> {
    const { store, clock, onError, onWritten } = this.#options;
    const began = clock.now();
    try {
      await store.write(batch);
    } catch (error) {
      this.#failures += 1;
      // What was under way when it got another name counts for the one before.
      const isBuried = error instanceof StoreError && error.code === 'buried';
      if (!isBuried) onError(error);
      else if (batch.node === this.#node) this.#options.onBuried();
      const succeeded = this.#failures > 1 && (await this.#writeApart(taken));
      if (!succeeded) this.#pending.addBefore(taken);
      const refused = succeeded ? this.#refusedKeys : undefined;
      for (const waiter of waiters) settle(waiter, refused, error);
      return succeeded;
    }
    onWritten(batch, clock.now() - began);
    const refused = this.#refusedKeys;
    for (const waiter of waiters) settle(waiter, refused, undefined);
    return true;
  }

  /** Writes what can be written, and sets aside what was refused by itself; false when it is the store that takes nothing. */
  async #writeApart(taken: PendingWrites): Promise<boolean> {
    const { store, clock, onRefused, onWritten } = this.#options;
    const takesAnything = () =>
      store.write({ ...this.#batchOf([]), beat: { node: this.#node, at: clock.now() } }).then(
        () => true,
        () => false,
      );
    if (!(await takesAnything())) return false;
    const refused: { part: PendingWrites; error: unknown }[] = [];
    // In halves: one refused user among thousands is found in a dozen writes.
    const write = async (parts: readonly PendingWrites[]): Promise<void> => {
      if (refused.length > REFUSED_MAX) return;
      const batch = this.#batchOf(parts);
      const began = clock.now();
      try {
        await store.write(batch);
        onWritten(batch, clock.now() - began);
      } catch (error) {
        const half = parts.length >> 1;
        if (half === 0) return void refused.push({ part: parts[0] as PendingWrites, error });
        await write(parts.slice(0, half));
        await write(parts.slice(half));
      }
    };
    await write(taken.byUser());
    if (refused.length > REFUSED_MAX || (refused.length > 0 && !(await takesAnything()))) return false;
    for (const { part, error } of refused) {
      this.#refused.add(part);
      this.#refusedRetryAt = Math.min(this.#refusedRetryAt, clock.now() + REFUSED_RETRY_MS);
      onRefused(part.firstKey() as string, error);
    }
    this.#refusedKeys = this.#refused.keys();
    return true;
  }

  #done(succeeded: boolean): void {
    const { clock, flushMs } = this.#options;
    this.#writing = undefined;
    this.#inFlight = new PendingWrites();
    if (succeeded) this.#failures = 0;
    this.#retryAt = succeeded ? 0 : clock.now() + RETRY_MS;
    if (this.#closed) return;
    if (this.#waiters.length > 0 && succeeded) return this.#write();
    const busy = this.#pending.size + this.#waiters.length > 0;
    this.#schedule(busy ? Math.max(this.#retryAt, Math.min(this.#beatAt, clock.now() + flushMs)) : this.#beatAt);
  }

  #batchOf(parts: readonly PendingWrites[]): StoreBatch {
    const batch: StoreBatch = {
      ...emptyBatch(),
      ...(this.#options.isShared && { settings: parts.flatMap(({ settings }) => settings), node: this.#node }),
    };
    for (const { users, sessions, relations, forget } of parts) {
      for (const user of users) batch.users.push(userRecord(user));
      for (const session of sessions) {
        // Of somebody who opted out nothing is written down; what a dead process left is already.
        const isRemembered = session.recovered && session.kind === 'link';
        if (!session.user.facts.policy.optedOut && !isRemembered)
          batch.sessions.push(sessionRecord(session, this.#options.node, this.#node));
      }
      for (const relation of relations) batch.relations.push(relation);
      for (const user of forget) batch.forget.push(nameOf(user));
    }
    return batch;
  }
}

/** Tells one who waits how the writes went: the store took everything but that of `refused`, or without `refused` nothing. */
function settle(waiter: Waiter, refused: ReadonlySet<string> | undefined, cause: unknown): void {
  if (refused !== undefined && (waiter.user === undefined || !refused.has(keyOf(nameOf(waiter.user))))) waiter.resolve();
  else waiter.reject(new PorchlightError('UNAVAILABLE', 'The store does not take writes at the moment.', { retryAfterMs: 1_000, cause }));
}
