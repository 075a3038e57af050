import { showsOnline, type User, type Viewer } from '@porchlight/engine';
import type { Availability } from '@porchlight/protocol';
import type { Identity } from './authenticate.ts';
import type { Connection } from './connection.ts';
import { type Actions, type Dialect, type OnlineList, type Shown, type SpelledId, whenSeen } from './dialects/dialect.ts';
import { PorchlightError } from './errors.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { refuseRevoked } from './identities.ts';
import { listOnline, shownProfile } from './online-list.ts';
import { learnSpelling, spelledFor } from './spelling.ts';

/** What a dialect may do for one connection, while it answers one message. */
export class ConnectionActions implements Actions {
  readonly at: number;
  readonly #gateway: Gateway;
  readonly #options: GatewayOptions;
  readonly #connection: Connection;
  readonly #dialect: Dialect;

  constructor(gateway: Gateway, options: GatewayOptions, connection: Connection, dialect: Dialect) {
    this.#gateway = gateway;
    this.#options = options;
    this.#connection = connection;
    this.#dialect = dialect;
    this.at = options.clock.now();
  }

  get user(): string | null {
    return this.#connection.identity?.user ?? null;
  }

  get #viewer(): Viewer {
    return this.#connection.viewer;
  }

  spell(id: string): string | number {
    return spelledFor(this.#connection, this.#dialect, id);
  }

  act(as: SpelledId | undefined, profile: Readonly<Record<string, string>> = {}): void | Promise<void> {
    const { identity } = this.#connection;
    if (as !== undefined) learnSpelling(this.#connection, [as]);
    if (as === undefined || as.id === identity?.user) {
      if (identity === null) throw new PorchlightError('UNAUTHENTICATED', 'Nobody is signed in on this connection.');
      return this.#introduce(identity, profile);
    }
    if (!this.#options.identities.open) throw new PorchlightError('FORBIDDEN', 'The message names another user than the one signed in.');
    return this.#gateway.signIn(this.#connection, this.#options.identities.claim(as.id, profile));
  }

  // With a token, only the token says what lists show of a person; in open mode a sign-in event is as good.
  #introduce(identity: Identity, profile: Readonly<Record<string, string>>): void {
    if (!this.#options.identities.open || Object.keys(profile).length === 0) return;
    this.#connection.identity = { ...identity, profile: { ...identity.profile, ...profile } };
    const { session } = this.#connection;
    if (session !== null)
      this.#options.service.step({ type: 'describe', session, details: {}, profile: this.#connection.identity.profile });
  }

  activity(idleMs = 0, details: { background?: boolean; screen?: string } = {}): void {
    const { session } = this.#connection;
    this.#connection.closingGraceMs = null;
    if (session !== null) this.#options.service.step({ type: 'activity', session, idleMs, ...details });
  }

  alive(): void {
    const { session } = this.#connection;
    if (session !== null) this.#options.service.step({ type: 'alive', session, of: 'page' });
  }

  closing(): void {
    this.#connection.closingGraceMs = this.#options.options.closingGraceMs;
  }

  show(shown: boolean): void {
    const connection = this.#connection;
    const session = connection.session === null ? undefined : this.#options.service.engine.session(connection.session);
    if (session === undefined ? !shown : session.shown === shown) return;
    this.#gateway.admission.change(this.#identity());
    if (session === undefined) this.#gateway.openSession(connection);
    else this.#options.service.step({ type: 'show', session: session.number, shown });
  }

  leave(reason: string): void {
    this.#gateway.leaveSession(this.#connection, reason);
  }

  disconnect(): void {
    const { link } = this.#connection;
    this.#gateway.left(this.#connection);
    link?.close(1000);
  }

  async renewToken(token: string): Promise<void> {
    const identity = await this.#options.identities.identify(token);
    const { tenant, user } = this.#identity();
    if (identity.tenant !== tenant || identity.user !== user) throw new PorchlightError('FORBIDDEN', 'The token is another user’s.');
    // Somebody who only watches may not be in memory, and with them when they were signed out.
    await this.#options.service.load(tenant, [user]);
    refuseRevoked(this.#options.identities, identity);
    this.#connection.identity = identity;
    this.#connection.expiresAt = identity.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  async setStatus(availability: Availability, text: string | null | undefined, forMs: number | undefined): Promise<void> {
    const { tenant, user } = this.#identity();
    this.#gateway.admission.change({ tenant, user });
    this.activity();
    await this.#options.service.stepDurably({
      type: 'settings',
      tenant,
      user,
      availability,
      ...(text === undefined ? null : { text: text === '' ? null : text }),
      untilAt: forMs === undefined ? null : this.at + forMs,
    });
  }

  see(id: SpelledId): Shown | Promise<Shown> {
    return whenSeen(this.seeAll([id]), ([shown]) => shown as Shown);
  }

  seeAll(ids: readonly SpelledId[]): Shown[] | Promise<Shown[]> {
    const { identity, address } = this.#connection;
    this.#gateway.admission.ids(identity, address, ids.length);
    return this.#seeCounted(ids);
  }

  #seeCounted(ids: readonly SpelledId[]): Shown[] | Promise<Shown[]> {
    learnSpelling(this.#connection, ids);
    const loading = this.#options.service.load(
      this.#viewer.tenant,
      ids.map(({ id }) => id),
    );
    const watching = loading === undefined ? this.#watchAsked(ids) : loading.then(() => this.#watchAsked(ids));
    return watching === undefined ? this.#seen(ids) : watching.then(() => this.#seen(ids));
  }

  #seen(ids: readonly SpelledId[]): Shown[] {
    const shown = this.#options.service.views(this.#viewer, ids);
    // After the views, which bring the engine to this moment: what is noted is what the answer says.
    this.#answer(ids);
    return shown;
  }

  async online(): Promise<OnlineList> {
    const { service, options } = this.#options;
    const count = service.count(this.#viewer);
    const listed = listOnline(service.engine.roster.tenant(this.#viewer.tenant), this.#viewer, { limit: options.listMax });
    const people = listed.map(({ user, view }) => ({
      id: user.id,
      spelled: this.spell(user.id),
      view,
      profile: shownProfile(user, options.expose),
    }));
    const watching = this.#watchAsked(people);
    // Nothing may change between the list and the note of it, were it only for a turn.
    if (watching !== undefined) await watching;
    this.#answer(people);
    return { people, count, truncated: people.length < count };
  }

  #answer(users: readonly { readonly id: string }[]): void {
    const { fanout, service } = this.#options;
    fanout.answered(this.#connection, service.engine.roster.tenant(this.#viewer.tenant), users);
  }

  // The question is answered in full; beyond the limits, it only is not a wish to be told any more.
  #watchAsked(ids: readonly SpelledId[]): Promise<void> | undefined {
    if (this.#dialect.watchesAsked !== true) return undefined;
    const { watchesPerConnectionMax, watchesPerUserMax } = this.#options.options;
    const room = Math.min(watchesPerConnectionMax - this.#connection.watcher.size, watchesPerUserMax - this.#watchedByUser());
    if (room <= 0) return undefined;
    const asked = ids.slice(0, room).map(({ id }) => id);
    return this.#gateway.watch(this.#connection, asked);
  }

  contacts(): SpelledId[] {
    const contacts = this.#user()?.facts.policy.contacts;
    return contacts == null ? [] : [...contacts].map((id) => ({ id, spelled: this.spell(id) }));
  }

  async setContact(contact: SpelledId, present: boolean): Promise<void> {
    const { tenant, user } = this.#identity();
    this.#gateway.admission.change({ tenant, user });
    this.activity();
    const held = this.#user()?.facts.policy.contacts?.size ?? 0;
    if (present && held >= this.#options.options.relationsMax)
      throw new PorchlightError('TOO_MANY_IDS', `At most ${this.#options.options.relationsMax} contacts.`);
    await this.#options.service.stepDurably({ type: 'relate', tenant, user, kind: 'contact', others: [contact.id], present });
  }

  watch(ids: readonly SpelledId[], instead: readonly string[] = []): Promise<void> {
    return this.#rewatch(this.#toRewatch(ids, instead));
  }

  async watchAndSee(ids: readonly SpelledId[], instead: readonly string[] = []): Promise<Shown[]> {
    const { identity, address } = this.#connection;
    const change = this.#toRewatch(ids, instead);
    // Counted before anything changes, as this too may be refused.
    this.#gateway.admission.ids(identity, address, ids.length);
    await this.#rewatch(change);
    return this.#seeCounted(ids);
  }

  /** Whom a watch adds and drops; throws TOO_MANY_IDS. */
  #toRewatch(ids: readonly SpelledId[], instead: readonly string[]): { added: string[]; dropped: string[] } {
    const { service, watches, options } = this.#options;
    const { watcher } = this.#connection;
    if (ids.length > options.idsMax) throw new PorchlightError('TOO_MANY_IDS', `At most ${options.idsMax} ids at a time.`);
    learnSpelling(this.#connection, ids);
    const isWatched = (id: string) => {
      const user = service.find(this.#viewer.tenant, id);
      return user !== undefined && watches.has(watcher, user);
    };
    const wanted = new Set(ids.map(({ id }) => id));
    const added = [...wanted].filter((id) => !isWatched(id));
    const dropped = [...new Set(instead)].filter((id) => !wanted.has(id) && isWatched(id));
    const more = added.length - dropped.length;
    if (more > 0 && watcher.size + more > options.watchesPerConnectionMax)
      throw new PorchlightError('TOO_MANY_IDS', `At most ${options.watchesPerConnectionMax} users can be watched on one connection.`);
    if (more > 0 && this.#watchedByUser() + more > options.watchesPerUserMax)
      throw new PorchlightError(
        'TOO_MANY_IDS',
        `At most ${options.watchesPerUserMax} users can be watched over all connections of one user.`,
      );
    return { added, dropped };
  }

  async #rewatch({ added, dropped }: { added: string[]; dropped: string[] }): Promise<void> {
    // Nothing may fail any more once the first watch is gone.
    await this.#options.service.load(this.#viewer.tenant, added);
    this.unwatch(dropped);
    await this.#gateway.watch(this.#connection, added);
  }

  unwatch(ids: readonly string[]): void {
    for (const id of ids) {
      const user = this.#options.service.find(this.#viewer.tenant, id);
      if (user === undefined) continue;
      this.#options.watches.remove(this.#connection.watcher, user);
      if (this.#dialect.audience === 'watched') this.#connection.dirty.delete(user);
    }
  }

  watched(): string[] {
    const { roster } = this.#options.service.engine;
    return [...this.#options.watches.usersOf(this.#connection.watcher)].map((index) => (roster.at(index) as User).id);
  }

  pace(flushMs: number): void {
    this.#connection.flushMs = Math.max(flushMs, this.#options.options.flushMs);
  }

  async showTo(to: readonly SpelledId[], shown: boolean, extra: Readonly<Record<string, unknown>>): Promise<void> {
    const { identity, address } = this.#connection;
    this.#gateway.admission.ids(identity, address, to.length);
    const sender = this.#user();
    if (sender === undefined) return;
    const told: [connection: Connection, wasOnline: boolean][] = [];
    for (const { id } of to)
      for (const connection of this.#gateway.signedIn.of({ tenant: this.#viewer.tenant, user: id }))
        if (connection.dialects.includes(this.#dialect)) told.push([connection, showsOnline(sender, connection.viewer)]);
    this.#options.fanout.together(() => {
      this.show(shown);
      for (const [connection, wasOnline] of told)
        if (wasOnline || showsOnline(sender, connection.viewer)) this.#options.fanout.tellNow(connection, this.#dialect, sender, extra);
    });
  }

  async typing(to: SpelledId, conversation: string, isTyping: boolean): Promise<void> {
    const { tenant, user } = this.#identity();
    this.#options.service.step({ type: 'typing', tenant, from: user, to: to.id, conversation, isTyping });
  }

  #identity(): Identity {
    const { identity } = this.#connection;
    if (identity === null) throw new PorchlightError('UNAUTHENTICATED', 'Nobody is signed in on this connection.');
    return identity;
  }

  #user(): User | undefined {
    const { identity } = this.#connection;
    return identity === null ? undefined : this.#options.service.find(identity.tenant, identity.user);
  }

  #watchedByUser(): number {
    const { identity } = this.#connection;
    if (identity === null) return this.#connection.watcher.size;
    let watched = 0;
    for (const each of this.#gateway.signedIn.of(identity)) watched += each.watcher.size;
    return watched;
  }
}

/** The app's own back end, and operators: they see everything in their tenant. */
export const seesAll = (tenant: string): Viewer => ({ tenant, user: null, all: true });
