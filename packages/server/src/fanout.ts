import {
  type Audience,
  audienceOf,
  type Change,
  type Facts,
  Telling,
  type Tenant,
  tellsApart,
  type User,
  type Viewer,
  viewOf,
  type Watches,
} from '@porchlight/engine';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Dialect, Message, Shown } from './dialects/dialect.ts';
import type { TakenUsers } from './dirty-users.ts';
import { SharedEncodings } from './shared-encodings.ts';
import { spelledFor, spellsNumbers } from './spelling.ts';
import { Ticks } from './ticks.ts';
import { type Fragment, isBehind, type Link } from './transports/link.ts';

interface FanoutOptions {
  clock: Clock;
  watches: Watches<Connection>;
  /** The shortest time between two flushes to one connection. */
  flushMs: number;
  sendBufferBytesMax: number;
  slowReaderMs: number;
  /** For words that name an hour. */
  timeZone: string;
  onFlush(changes: number, connection: Connection): void;
  /** A dialect's words failed; the change is not told in that dialect, and nothing else suffers. */
  onWordsFailed(error: unknown, dialect: string): void;
  onSlowReader(connection: Connection): void;
}

/**
 * Tells connections of changes. What waits for a connection is a set of users, not a queue of events: a client that reads slowly, or asks
 * for less, is told the last state and skips what was between. The first change is told at once; what follows within `flushMs` is told
 * together, in one write, on ticks that all connections share, so that a payload is encoded once for everyone who may see the same.
 */
export class Fanout {
  readonly #options: FanoutOptions;
  readonly #everyone = new Map<string, Set<Connection>>();
  /** Connections with something to be told, now or at a later tick. */
  #soon: Connection[] = [];
  readonly #waiting = new Set<Connection>();
  #held = false;
  readonly #ticks: Ticks;
  readonly #encodings = new SharedEncodings();

  constructor(options: FanoutOptions) {
    this.#options = options;
    this.#ticks = new Ticks(options.clock, options.flushMs, (now) => this.#flushAll([...this.#waiting], now));
  }

  /** Tells a connection of everyone it may see, if one of its dialects has that audience. May repeat, after its dialects changed. */
  join(connection: Connection): void {
    const { tenant } = connection.viewer;
    const members = this.#everyone.get(tenant);
    if (!connection.dialects.some((dialect) => dialect.audience === 'everyone')) {
      // It showed what it speaks while something waited that it does not want to hear.
      if (members?.delete(connection) === true)
        for (const user of [...connection.dirty.users()])
          if (!this.#options.watches.has(connection.watcher, user)) connection.dirty.delete(user);
      return;
    }
    if (members === undefined) this.#everyone.set(tenant, new Set([connection]));
    else members.add(connection);
  }

  leave(connection: Connection): void {
    this.#stopWaiting(connection);
    connection.dirty.clear();
    const members = this.#everyone.get(connection.viewer.tenant);
    if (members?.delete(connection) === true && members.size === 0) this.#everyone.delete(connection.viewer.tenant);
  }

  /** Takes note of a change; `flush` sends what may be sent at once. */
  note(change: Change): void {
    const { user, before } = change;
    // What was encoded of the user at this instant is not true any more.
    this.#encodings.forget();
    const telling = new Telling(change);
    this.#options.watches.eachTold(telling, (connection) => this.#mark(connection, user, before));
    const members = this.#everyone.get(user.tenant.name);
    if (members === undefined) return;
    for (const connection of members) if (telling.isTold(connection.viewer)) this.#mark(connection, user, before);
  }

  /** Tells a connection, in one dialect and now, how a user is, with `extra` beside it; what was waiting about that user is thereby told. */
  tellNow(connection: Connection, dialect: Dialect, user: User, extra: Readonly<Record<string, unknown>>): void {
    const { link } = connection;
    // Whoever is behind is told how the user is once that has changed, later, like anybody else.
    if (link === null || isBehind(link, this.#options.sendBufferBytesMax)) return;
    connection.dirty.delete(user);
    const now = this.#options.clock.now();
    const audience = audienceOf(connection.viewer, user.tenant.name, user.id, user.facts);
    this.#guard(dialect, () => {
      const message = this.#word(dialect, shownTo(connection, dialect, user, audience, now), now, extra);
      if (message !== undefined) link.say([message]);
    });
  }

  /** An answer under way tells a connection how these users are: should they be as they were by the next flush, that has to be told. */
  answered(connection: Connection, tenant: Tenant | undefined, ids: Iterable<{ readonly id: string }>): void {
    if (connection.dirty.size === 0 || tenant === undefined) return;
    for (const { id } of ids) {
      const user = tenant.users.get(id);
      if (user !== undefined) connection.dirty.answer(user);
    }
  }

  /** A link that could take nothing can take something again, or an answer that was under way has been given. */
  drained(connection: Connection): void {
    // Only this one: others must not learn from their timing that it drained.
    if (connection.isWaiting) this.#flushAll([connection], this.#options.clock.now());
  }

  /** The link of a connection is back: it is told what changed meanwhile. */
  resumed(connection: Connection): void {
    if (connection.dirty.size > 0) this.#flushAll([connection], this.#options.clock.now());
  }

  /** What is noted within `work` is flushed after it, so that it can first be told in other ways. */
  together(work: () => void): void {
    this.#held = true;
    try {
      work();
    } finally {
      this.#held = false;
      this.flush();
    }
  }

  /** Sends to every connection whose quiet time is over; the others wait for their tick. */
  flush(): void {
    if (this.#held || this.#soon.length === 0) return;
    const soon = this.#soon;
    this.#soon = [];
    this.#flushAll(soon, this.#options.clock.now());
  }

  close(): void {
    this.#ticks.close();
  }

  #mark(connection: Connection, user: User, before: Facts): void {
    if (connection.dirty.has(user)) return;
    connection.dirty.add(user, before);
    // With more than one it is among them already, unless it waits, or nobody is there to be told.
    if (connection.dirty.size === 1 && !connection.isWaiting) this.#soon.push(connection);
  }

  #flushAll(connections: Iterable<Connection>, now: number): void {
    for (const connection of connections) {
      if (connection.dirty.size === 0) {
        this.#stopWaiting(connection);
      } else if (connection.quietUntilAt > now || connection.answering !== undefined || this.#isSlow(connection, now)) {
        // An answer under way may be older than the change: said after it, it would take the change back.
        this.#wait(connection, now);
      } else {
        this.#stopWaiting(connection);
        this.#flushOne(connection, now);
      }
    }
  }

  #wait(connection: Connection, now: number): void {
    if (connection.link === null) {
      // Nobody is there to be told; when the session comes back it is flushed first.
      this.#stopWaiting(connection);
      return;
    }
    if (!connection.isWaiting) {
      connection.isWaiting = true;
      this.#waiting.add(connection);
    }
    this.#ticks.want(now);
  }

  #stopWaiting(connection: Connection): void {
    if (!connection.isWaiting) return;
    connection.isWaiting = false;
    this.#waiting.delete(connection);
  }

  #isSlow(connection: Connection, now: number): boolean {
    if (connection.link === null) return true;
    const bufferedBytes = connection.link.bufferedBytes();
    if (bufferedBytes <= this.#options.sendBufferBytesMax) {
      connection.slowSinceAt = null;
      return false;
    }
    // A polling client between two polls takes nothing, but is not slow: its own timeout ends it.
    if (bufferedBytes === Number.POSITIVE_INFINITY) return true;
    connection.slowSinceAt ??= now;
    if (now - connection.slowSinceAt >= this.#options.slowReaderMs) this.#options.onSlowReader(connection);
    return true;
  }

  #flushOne(connection: Connection, now: number): void {
    const link = connection.link;
    if (link === null) return;
    const taken = connection.dirty.take();
    const fragments: Fragment[] = [];
    for (const dialect of connection.dialects) this.#collect(connection, link, dialect, taken, now, fragments);
    if (fragments.length === 0) return;
    // Half of the interval is slack: a connection told between two ticks is told again on the next one, not on the one after.
    connection.quietUntilAt = now + (connection.flushMs > this.#options.flushMs ? connection.flushMs : connection.flushMs / 2);
    link.tell(fragments, now);
    this.#options.onFlush(fragments.length, connection);
  }

  // The inner loop of the whole server: per user one look into the shared encodings, and no string or object is made.
  #collect(
    connection: Connection,
    link: Link,
    dialect: Dialect,
    { users, told, answered }: TakenUsers,
    now: number,
    fragments: Fragment[],
  ): void {
    const { viewer } = connection;
    const format = this.#encodings.formatOf(dialect, spellsNumbers(connection, dialect), link.encoding);
    let shared: Map<User, Fragment> | undefined;
    let sharedAudience = -1;
    for (let index = 0; index < users.length; index += 1) {
      const user = users[index] as User;
      const before = told[index] as Facts;
      if (!this.#concerns(connection, dialect, user)) continue;
      const after = user.facts;
      const audience = audienceOf(viewer, user.tenant.name, user.id, after);
      const beforeAudience = before.policy === after.policy ? audience : audienceOf(viewer, user.tenant.name, user.id, before);
      const isTold = !tellsApart(before, beforeAudience, after, audience, dialect.grain);
      if (isTold && (answered === null || !this.#contradicts(answered.get(user), user, viewer, dialect))) continue;
      if (shared === undefined || audience !== sharedAudience) {
        shared = this.#encodings.by(format, audience, now);
        sharedAudience = audience;
      }
      const fragment = shared.get(user) ?? this.#encode(connection, link, dialect, user, audience, now, shared);
      if (fragment !== undefined) fragments.push(fragment);
    }
  }

  #contradicts(answered: Facts | undefined, user: User, viewer: Viewer, dialect: Dialect): boolean {
    if (answered === undefined) return false;
    const audienceUnder = (facts: Facts) => audienceOf(viewer, user.tenant.name, user.id, facts);
    return tellsApart(answered, audienceUnder(answered), user.facts, audienceUnder(user.facts), dialect.grain);
  }

  // A connection that only hears of those it watches was marked because it watches; one that hears of everyone has to be asked.
  #concerns(connection: Connection, dialect: Dialect, user: User): boolean {
    if (!dialect.tellsSelf && connection.viewer.user === user.id) return false;
    if (dialect.audience === 'everyone' || !this.#everyone.get(connection.viewer.tenant)?.has(connection)) return true;
    return this.#options.watches.has(connection.watcher, user);
  }

  #encode(
    connection: Connection,
    link: Link,
    dialect: Dialect,
    user: User,
    audience: Audience,
    now: number,
    shared: Map<User, Fragment>,
  ): Fragment | undefined {
    const fragment = this.#guard(dialect, () => {
      const message = this.#word(dialect, shownTo(connection, dialect, user, audience, now), now);
      return message === undefined ? undefined : link.encode(message);
    });
    if (fragment !== undefined) shared.set(user, fragment);
    return fragment;
  }

  #word(dialect: Dialect, shown: Shown, now: number, extra?: Readonly<Record<string, unknown>>): Message | undefined {
    return dialect.says.change(shown, now, extra, this.#options.timeZone);
  }

  // An app's own dialect may throw, or say what cannot be written; the others are still to be told.
  #guard<Made>(dialect: Dialect, make: () => Made): Made | undefined {
    try {
      return make();
    } catch (error) {
      this.#options.onWordsFailed(error, dialect.name);
      return undefined;
    }
  }
}

function shownTo(connection: Connection, dialect: Dialect, user: User, audience: Audience, now: number): Shown {
  return { id: user.id, spelled: spelledFor(connection, dialect, user.id), view: viewOf(user, audience, now) };
}
