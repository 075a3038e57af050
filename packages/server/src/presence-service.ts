import {
  type Change,
  Engine,
  type EngineEvent,
  type EngineOptions,
  type Outcome,
  type Session,
  type TypingChange,
  type User,
  type View,
  type Viewer,
  type Watches,
} from '@porchlight/engine';
import type { Clock } from './clock.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Connection } from './connection.ts';
import type { Shown } from './dialects/dialect.ts';
import { Neighbours, timesOf } from './neighbours.ts';
import { Residents } from './residents.ts';
import type { Recovery, SessionRecord, SettingsChange, SharedStore, Store, StoreBatch } from './stores/store.ts';
import { nameOf } from './user-name.ts';
import { WriteBehind } from './write-behind.ts';

interface PresenceServiceOptions {
  engine: EngineOptions;
  clock: Clock;
  /** A `SharedStore` where there are several nodes. */
  store: Store;
  cluster: Cluster;
  /** Names this incarnation: a restarted process is another one. */
  node: string;
  watches: Watches<Connection>;
  /** Users kept in memory although nobody is connected as, or watches, them. */
  idleUsersMax: number;
  saveMs: number;
  beatMs: number;
}

/** What the shell carries out for the service, besides cluster and store. */
interface PresenceServiceEvents {
  changed(change: Change): void;
  /** What is stepped within is told together. */
  together(work: () => void): void;
  /** All changes of a step were noted. */
  settled(): void;
  typing(change: TypingChange): void;
  asked(session: Session): void;
  /** A session ended without its client's doing. */
  ended(session: Session): void;
  storeFailed(error: unknown): void;
  written(batch: StoreBatch, tookMs: number): void;
}

/**
 * The one shell around the engine: it adds the time, runs a step, and carries its outcome out in one order: cluster, store, fan-out, alarm.
 */
export class PresenceService {
  readonly engine: Engine;
  readonly #options: PresenceServiceOptions;
  readonly #events: PresenceServiceEvents;
  readonly #writeBehind: WriteBehind;
  readonly #residents: Residents;
  /** Undefined where there can be none. */
  readonly #neighbours: Neighbours | undefined;
  #sessionCounter = 0;
  #cancelAlarm: (() => void) | undefined;
  #alarmAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: PresenceServiceOptions, events: PresenceServiceEvents) {
    this.#options = options;
    this.#events = events;
    this.engine = new Engine(options.engine);
    this.#writeBehind = new WriteBehind({
      store: options.store,
      clock: options.clock,
      node: options.node,
      isShared: options.cluster.several,
      flushMs: options.saveMs,
      beatMs: options.beatMs,
      onError: (error) => events.storeFailed(error),
      onBuried: () => options.cluster.rejoin(),
      onRefused: (_user, cause) =>
        events.storeFailed(new Error('The store takes writes, but not those of one user; they are tried again every minute.', { cause })),
      onWritten: (batch, tookMs) => {
        events.written(batch, tookMs);
        for (const name of [...(batch.settings ?? []), ...batch.relations]) this.#neighbours?.stored(name);
      },
    });
    this.#residents = new Residents({
      engine: this.engine,
      rules: options.engine,
      store: options.store,
      cluster: options.cluster,
      idleUsersMax: options.idleUsersMax,
      isNeeded: (user) => options.watches.isWatched(user) || this.#writeBehind.holds(user),
      step: (event) => this.step(event),
      onFailure: (error) => events.storeFailed(error),
    });
    if (!options.cluster.several) return;
    this.#neighbours = new Neighbours({
      engine: this.engine,
      clock: options.clock,
      cluster: options.cluster,
      store: options.store as SharedStore,
      residents: this.#residents,
      writeBehind: this.#writeBehind,
      step: (event) => this.step(event),
      together: events.together,
      recover: (recovery) => this.#recoverAll(recovery),
      onFailure: (error) => events.storeFailed(error),
    });
  }

  /** Opens store and cluster, and takes over what an earlier process left: those who were online then are `recovering` until the grace is over. */
  async start(): Promise<void> {
    const { clock, store, node } = this.#options;
    if (this.#neighbours !== undefined) await this.#neighbours.start(node);
    else await this.#recoverAll(await store.open(node, clock.now()));
    this.#writeBehind.start();
  }

  /** Users, sessions and relations that are yet to be written. */
  get waitingCount(): number {
    return this.#writeBehind.pendingCount;
  }

  /** A number for a session to be opened. */
  nextSession(): number {
    this.#sessionCounter += 1;
    return this.#sessionCounter;
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** Takes an event into account, and everything that follows from it. Its users must be resident: see `load`. */
  step(event: EngineEvent): void {
    if (this.#closed) return;
    this.#commit(this.engine.step(event, this.#options.clock.now()));
  }

  /** As `step`, and resolves when what followed is durable. */
  async stepDurably(event: EngineEvent): Promise<void> {
    this.step(event);
    if (event.type === 'settings' || event.type === 'sign-out') this.#writeBehind.changeSettings(settingsChange(event));
    if (event.type === 'relate')
      for (const other of event.others)
        this.#writeBehind.relate({ tenant: event.tenant, user: event.user, kind: event.kind, other, present: event.present });
    await this.#writeBehind.flushed('user' in event ? this.find(event.tenant, event.user) : undefined);
    if ('tenant' in event && 'user' in event) await this.#neighbours?.reloaded(event);
  }

  /** Ends leases of this device key on all other nodes. */
  endElsewhere(tenant: string, user: string, deviceKey: string): void {
    this.#neighbours?.loggedOut({ tenant, user }, deviceKey);
  }

  view(viewer: Viewer, id: string): View {
    this.#catchUp();
    return this.#doubted(viewer, id, this.engine.roster.view(viewer, id, this.now()));
  }

  // What is known of others' users may be over; nobody is said to have gone for that. Who looks offline to the viewer is doubted whether
  // they are or not.
  #doubted(viewer: Viewer, id: string, view: View): View {
    if (!this.#options.cluster.isCutOff) return view;
    const isHere = view.status !== 'offline' && this.find(viewer.tenant, id)?.slot !== null;
    return isHere ? view : { ...view, certainty: 'suspect' };
  }

  /** The views of many, all of this moment, in the order asked. */
  views(viewer: Viewer, ids: readonly { readonly id: string; readonly spelled: string | number }[]): Shown[] {
    this.#catchUp();
    const { roster } = this.engine;
    const now = this.now();
    return ids.map(({ id, spelled }) => ({ id, spelled, view: this.#doubted(viewer, id, roster.view(viewer, id, now)) }));
  }

  /** Brings the engine to this moment, so that no answer is older than the question though the alarm be late. */
  #catchUp(): void {
    if (this.engine.nextAt() <= this.#options.clock.now()) this.step({ type: 'time' });
  }

  count(viewer: Viewer): number {
    this.#catchUp();
    return this.engine.roster.tenant(viewer.tenant)?.count(viewer) ?? 0;
  }

  find(tenant: string, user: string): User | undefined {
    return this.engine.roster.find(tenant, user);
  }

  /** Whether a lost session of this device is waiting to come back. */
  isAwaited(tenant: string, user: string, deviceKey: string): boolean {
    for (let session = this.find(tenant, user)?.firstSession ?? null; session !== null; session = session.next)
      if (session.state === 'lost' && (session.deviceKey === deviceKey || session.recovered)) return true;
    return false;
  }

  /** Makes these users resident; undefined when they are already, which is the common case and costs no promise. */
  load(tenant: string, users: readonly string[]): Promise<void> | undefined {
    return this.#residents.load(tenant, users);
  }

  /** Past and present sessions of a user, newest first. */
  async history(tenant: string, user: string, limit: number, before?: number): Promise<SessionRecord[]> {
    await this.#writeBehind.flushed(this.find(tenant, user));
    return this.#options.store.sessions(tenant, user, limit, before);
  }

  /** Everything noted so far is in the store. */
  flushed(): Promise<void> {
    return this.#writeBehind.flushed();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelAlarm?.();
    await this.#writeBehind.close();
    await this.#options.cluster.leave();
    await this.#options.store.close(this.#options.node, this.#options.clock.now());
  }

  #commit(outcome: Outcome): void {
    const { cluster } = this.#options;
    for (const user of outcome.slots) cluster.put(nameOf(user), user.slot, timesOf(user));
    for (const user of outcome.forgotten) this.#writeBehind.forget(user);
    for (const user of outcome.users) this.#writeBehind.saveUser(user);
    for (const session of outcome.sessions) this.#writeBehind.saveSession(session);
    for (const change of outcome.changes) this.#events.changed(change);
    if (outcome.changes.length > 0) this.#events.settled();
    for (const change of outcome.typing) this.#events.typing(change);
    for (const session of outcome.asked) this.#events.asked(session);
    for (const session of outcome.ended) this.#events.ended(session);
    this.#setAlarm();
  }

  #setAlarm(): void {
    const at = this.engine.nextAt();
    if (at >= this.#alarmAt) return;
    this.#cancelAlarm?.();
    this.#alarmAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#cancelAlarm = this.#options.clock.alarm(at, () => {
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.step({ type: 'time' });
      this.#residents.evictIdle();
    });
  }

  async #recoverAll({ online = [], leases }: Pick<Recovery, 'leases'> & Partial<Recovery>): Promise<void> {
    await this.#residents.loadAll([...online, ...leases]);
    for (const { tenant, user, seenAt, graceMs } of online) this.#recover(tenant, user, seenAt, undefined, graceMs);
    for (const lease of leases) this.#recover(lease.tenant, lease.user, lease.seenAt, lease);
  }

  #recover(tenant: string, user: string, seenAt: number, lease: SessionRecord | undefined, graceMs?: number): void {
    this.step({
      type: 'recover',
      tenant,
      user,
      session: this.nextSession(),
      details: {
        dialect: lease?.dialect ?? 'unknown',
        platform: lease?.platform ?? null,
        appVersion: lease?.appVersion ?? null,
        device: lease?.device ?? null,
        screen: lease?.screen ?? null,
      },
      seenAt,
      ...(graceMs === undefined ? null : { graceMs }),
      lease:
        lease === undefined
          ? null
          : { storedId: lease.id, startedAt: lease.startedAt, untilAt: lease.leaseUntilAt ?? seenAt, shown: !lease.hidden },
    });
  }
}

/** Which fields of the store's record an event changes; a sign-out is kept with the user, and only has to be told. */
function settingsChange(event: Extract<EngineEvent, { type: 'settings' | 'sign-out' }>): SettingsChange {
  const { tenant, user } = event;
  if (event.type === 'sign-out') return { tenant, user, changed: {} };
  const { availability, text, untilAt, onlineRule, lastSeenRule, coarseLastSeenRule, optedOut } = event;
  const given = { availability, text, availabilityUntilAt: untilAt, onlineRule, lastSeenRule, coarseLastSeenRule, optedOut };
  return { tenant, user, changed: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
