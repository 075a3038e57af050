import type { Session, Watches } from '@porchlight/engine';
import type { CloseCode } from '@porchlight/protocol';
import { Admission } from './admission.ts';
import type { Arrival } from './arrival.ts';
import type { Identity } from './authenticate.ts';
import type { Clock } from './clock.ts';
import { Connection } from './connection.ts';
import type { Counting } from './counting.ts';
import type { Dialect } from './dialects/dialect.ts';
import { PorchlightError } from './errors.ts';
import type { Fanout } from './fanout.ts';
import { type Identities, refuseRevoked } from './identities.ts';
import type { ServerOptions } from './options.ts';
import type { PresenceService } from './presence-service.ts';
import { SignedIn } from './signed-in.ts';
import type { Link } from './transports/link.ts';

export interface GatewayOptions {
  service: PresenceService;
  fanout: Fanout;
  watches: Watches<Connection>;
  identities: Identities;
  clock: Clock;
  options: ServerOptions;
  counting: Counting;
}

/** How often the ends of tokens are looked at. */
const EXPIRY_SWEEP_MS = 1_000;

/**
 * Where connections meet presence: who it is, what a message means, and what becomes of the session when the link goes. It knows links
 * and dialects by their interfaces only.
 */
export class Gateway {
  readonly admission: Admission;
  readonly #options: GatewayOptions;
  readonly #connections = new Set<Connection>();
  readonly #bySession = new Map<number, Connection>();
  /** By user. */
  readonly signedIn = new SignedIn();
  /** On the way out: nobody new is to be sent here. */
  isDraining = false;
  #cancelSweep: (() => void) | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.admission = new Admission(options.options, options.clock, options.counting.limited);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  connections(): Iterable<Connection> {
    return this.#connections;
  }

  /** Whose token this is; null in open mode without one. Throws, or rejects with, UNAUTHENTICATED. */
  identify(token: string | undefined): Identity | null | Promise<Identity> {
    if (token === undefined && this.#options.identities.open) return null;
    return this.#options.identities.identify(token);
  }

  /** Takes in a connection, and signs its user in if it is known by now. Rejects with UNAUTHENTICATED or RATE_LIMITED. */
  async connect(arrival: Arrival): Promise<Connection> {
    const connection = new Connection(arrival, this.#options.watches, this.#options.options.flushMs);
    try {
      if (arrival.identity !== null) await this.signIn(connection, arrival.identity);
    } catch (error) {
      // It may have a session and watches by now; nobody else would ever end them.
      this.lost(connection);
      throw error;
    }
    // The link may have closed while the user was being loaded.
    if (connection.closed) throw new PorchlightError('UNAVAILABLE', 'The connection closed.');
    this.#connections.add(connection);
    this.#options.counting.connected(connection);
    this.#options.fanout.join(connection);
    this.#sweepLater();
    return connection;
  }

  /** Makes a connection one of this user, and the user present; one that had another user leaves that one first. */
  async signIn(connection: Connection, identity: Identity): Promise<void> {
    const { service, identities } = this.#options;
    await service.load(identity.tenant, [identity.user]);
    refuseRevoked(identities, identity);
    if (connection.closed) return;
    // First, so that whoever is refused stays who they were.
    this.admission.admitUser(this.signedIn.count(identity));
    if (connection.identity !== null) this.#signOff(connection);
    connection.identity = identity;
    this.signedIn.add(connection);
    this.#options.watches.become(connection.watcher, { tenant: identity.tenant, user: identity.user });
    connection.expiresAt = identity.expiresAt ?? Number.POSITIVE_INFINITY;
    // Before the session begins, so that a user who comes online is told so like everybody else.
    this.#options.fanout.join(connection);
    if (!connection.watchOnly) this.openSession(connection);
    await this.watchContacts(connection);
  }

  /** A word showed which dialect it speaks; from now on it hears only that one. */
  pin(connection: Connection, dialect: Dialect): void {
    connection.dialects = [dialect];
    this.#options.fanout.join(connection);
    if (connection.session !== null)
      this.#options.service.step({ type: 'describe', session: connection.session, details: { dialect: dialect.name } });
  }

  /** Begins a session for a connection that has none. */
  openSession(connection: Connection): void {
    const { identity } = connection;
    // A message that was still being answered when its connection left must not bring the user back.
    if (connection.closed || identity === null || connection.session !== null || connection.watchOnly) return;
    const { service } = this.#options;
    const session = service.nextSession();
    connection.session = session;
    this.#bySession.set(session, connection);
    const only = connection.dialects.length === 1 ? connection.dialects[0] : undefined;
    service.step({
      type: 'open',
      session,
      tenant: identity.tenant,
      user: identity.user,
      kind: 'link',
      details: {
        dialect: only?.name ?? 'socket.io',
        platform: null,
        appVersion: null,
        device: null,
        screen: null,
        ...connection.details,
      },
      deviceKey: connection.deviceKey,
      ...(only?.graceMs === undefined ? null : { graceMs: only.graceMs }),
      answersPing: connection.answersPing,
      profile: identity.profile,
    });
  }

  /** Watches the stored contacts of the user, for dialects in which that goes without saying. */
  async watchContacts(connection: Connection): Promise<void> {
    const { identity } = connection;
    if (identity === null || !connection.dialects.some((dialect) => dialect.watchesContacts === true)) return;
    const contacts = this.#options.service.find(identity.tenant, identity.user)?.facts.policy.contacts;
    if (contacts == null) return;
    const room = this.#options.options.watchesPerConnectionMax - connection.watcher.size;
    await this.watch(connection, [...contacts].slice(0, room));
  }

  /** Undefined when it is done, which it is at once where all are in memory. */
  watch(connection: Connection, ids: readonly string[]): Promise<void> | undefined {
    const { service, watches } = this.#options;
    const { tenant } = connection.viewer;
    const add = (): undefined => {
      for (const id of ids) {
        const user = service.find(tenant, id);
        if (user !== undefined && !connection.closed) watches.add(connection.watcher, user);
      }
    };
    const loading = service.load(tenant, ids);
    return loading === undefined ? add() : loading.then(add);
  }

  /** The link gave a sign of life that says nothing of the page. */
  alive(connection: Connection): void {
    if (connection.session !== null) this.#options.service.step({ type: 'alive', session: connection.session, of: 'link' });
  }

  /** The client said goodbye. May repeat, and may come after `lost`. */
  left(connection: Connection): void {
    if (connection.closed || this.isDraining) return;
    this.leaveSession(connection, 'left');
    this.drop(connection);
  }

  /** The link broke. With `mayResume` the connection waits, without a link, for `resume`. */
  lost(connection: Connection, mayResume = false): void {
    if (connection.closed || this.isDraining) return;
    const { session } = connection;
    if (session === null) return this.drop(connection);
    connection.link = null;
    this.#options.service.step({
      type: 'lost',
      session,
      ...(connection.closingGraceMs !== null && { graceMs: connection.closingGraceMs }),
    });
    if (!mayResume || connection.session === null) this.drop(connection);
  }

  /** The same client is back on another link. False when there is nothing to come back to. */
  resume(connection: Connection, link: Link, identity: Identity): boolean {
    const { session } = connection;
    const same = connection.identity?.tenant === identity.tenant && connection.identity.user === identity.user;
    if (connection.closed || session === null || !same || this.#options.service.engine.session(session) === undefined) return false;
    if (this.#options.identities.isRevoked(identity)) return false;
    connection.link?.close(4409);
    // Until it is welcomed it is told nothing. And its grace may be over, though the alarm is late: then there is nothing to come back to.
    connection.link = null;
    this.#options.service.step({ type: 'resume', session });
    if (connection.session === null || connection.closed) return false;
    connection.link = link;
    connection.identity = identity;
    connection.expiresAt = identity.expiresAt ?? Number.POSITIVE_INFINITY;
    connection.closingGraceMs = null;
    connection.slowSinceAt = null;
    return true;
  }

  leaveSession(connection: Connection, reason: string): void {
    const { session } = connection;
    if (session === null) return;
    connection.session = null;
    this.#bySession.delete(session);
    if (reason === 'left') this.#options.counting.ended(reason);
    this.#options.service.step({ type: 'leave', session, reason });
  }

  /** Closes a connection for the server's own reasons; its session is treated as lost, or as ended where it has ended already. */
  close(connection: Connection, code: CloseCode, retryAfterMs?: number): void {
    connection.link?.close(code, retryAfterMs);
    this.lost(connection);
  }

  /** Forgets a connection. Its session, if it is lost in grace, stays with the engine. */
  drop(connection: Connection): void {
    if (connection.closed) return;
    connection.closed = true;
    connection.link = null;
    connection.dropped?.(connection);
    this.#connections.delete(connection);
    if (connection.session !== null) this.#bySession.delete(connection.session);
    this.signedIn.delete(connection);
    this.#options.watches.leave(connection.watcher);
    this.#options.fanout.leave(connection);
  }

  /** A session ended without its client's doing: whoever was signed out is cut, whoever was waited for is not waited for any more. */
  sessionEnded(session: Session): void {
    const connection = this.#bySession.get(session.number);
    if (connection === undefined) return;
    if (connection.link === null) return this.drop(connection);
    this.#bySession.delete(session.number);
    connection.session = null;
    if (session.endReason === 'signed-out' && connection.identity !== null) {
      this.#options.identities.revoke(connection.identity);
      this.close(connection, 4403);
    }
  }

  /** Ends the connections of a user, including those that only watch. */
  closeUser(tenant: string, user: string, code: CloseCode): void {
    for (const connection of [...this.signedIn.of({ tenant, user })]) {
      if (connection.identity !== null) this.#options.identities.revoke(connection.identity);
      this.close(connection, code);
    }
  }

  ask(session: Session): void {
    this.#bySession.get(session.number)?.link?.say([['ping', { now: this.#options.clock.now() }]]);
  }

  /** Sends everybody away, to come back in a while; sessions stay open in the store, so that nobody is told anything. */
  drain(retryAfterMs: () => number): void {
    this.isDraining = true;
    this.#cancelSweep?.();
    for (const connection of this.#connections) connection.link?.close(1012, retryAfterMs());
  }

  #signOff(connection: Connection): void {
    this.leaveSession(connection, 'left');
    this.signedIn.delete(connection);
    this.#options.watches.clear(connection.watcher);
    this.#options.fanout.leave(connection);
    connection.identity = null;
  }

  #sweepLater(): void {
    if (this.#cancelSweep !== undefined || this.isDraining) return;
    this.#cancelSweep = this.#options.clock.alarm(this.#options.clock.now() + EXPIRY_SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      const now = this.#options.clock.now();
      for (const connection of this.#connections) if (connection.expiresAt <= now && connection.link !== null) this.close(connection, 4401);
      if (this.#connections.size > 0) this.#sweepLater();
    });
  }
}
