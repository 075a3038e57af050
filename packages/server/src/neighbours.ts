import type { Engine, EngineEvent, User } from '@porchlight/engine';
import type { Clock } from './clock.ts';
import type { Cluster, ClusterEvents, Note, SeenTimes, SlotChange } from './cluster/cluster.ts';
import { Reloads } from './reloads.ts';
import type { Residents } from './residents.ts';
import type { Recovery, SharedStore } from './stores/store.ts';
import { keyOf, nameOf, type UserName } from './user-name.ts';
import type { WriteBehind } from './write-behind.ts';

interface NeighboursOptions {
  engine: Engine;
  clock: Clock;
  cluster: Cluster;
  store: SharedStore;
  residents: Residents;
  writeBehind: WriteBehind;
  step(event: EngineEvent): void;
  /** What is stepped within is told together. */
  together(work: () => void): void;
  recover(recovered: Pick<Recovery, 'leases'> & Partial<Recovery>): Promise<void>;
  onFailure(error: unknown): void;
}

/** How often the store is asked for nodes that are alive there and nowhere else, and how long one may be so before it is taken for dead. */
const SWEEP_MS = 5_000;
const MISSED_MS = 30_000;
/** By then every node that has died was found. */
const REMEMBERED_MS = 120_000;

/** What a node does because there are others: takes over their slots, what they stored, and, when they die, their users. */
export class Neighbours implements ClusterEvents {
  readonly #options: NeighboursOptions;
  readonly #reloads: Reloads;
  /** Users whom others have and who could not be brought in yet. */
  readonly #absent = new Map<string, Set<string>>();
  /** Who logged out when, by the clock of the node that heard it: a lease of theirs on a node that is dead is found only later. */
  readonly #loggedOut = new Map<string, number>();
  /** Since when the store alone knows of a node, by this node's clock. */
  readonly #missedSince = new Map<string, number>();
  #sweptAt = Number.NEGATIVE_INFINITY;
  #alive: readonly string[] = [];
  /** Nodes whose last words have yet to be read. */
  readonly #died = new Set<string>();

  constructor(options: NeighboursOptions) {
    this.#options = options;
    this.#reloads = new Reloads(options);
  }

  /** Joins store and cluster; resolves when it is known who is online elsewhere. */
  async start(incarnation: string): Promise<void> {
    const { store, cluster, clock } = this.#options;
    await store.join(incarnation, clock.now());
    await cluster.join(incarnation, this);
  }

  /** Settings or relations of a user have been stored: the others are to read them, and this node whatever they stored meanwhile. */
  stored(name: UserName): void {
    this.note(name, { kind: 'stored' });
    this.#options.cluster.tell(name, { kind: 'stored' });
  }

  /** Resolves when what is stored of a user by now holds here. */
  reloaded(name: UserName): Promise<void> {
    return this.#reloads.reload(name);
  }

  slots(changes: readonly SlotChange[]): void {
    const { engine, step, together } = this.#options;
    together(() => {
      for (const { tenant, user, node, slot, seenAt, activeAt } of changes) {
        if (engine.roster.find(tenant, user) !== undefined) step({ type: 'slot', tenant, user, node, slot, seenAt, activeAt });
        else if (slot !== null) this.#bringIn(tenant, [user]);
      }
    });
  }

  /** A sign-in has ended here: its leases end on all nodes, and on those that died too. */
  loggedOut(name: UserName, deviceKey: string): void {
    const at = this.#options.clock.now();
    this.#loggedOut.set(keyOf(name), at);
    this.#options.cluster.tell(name, { kind: 'ended', deviceKey, at });
  }

  note(name: UserName, note: Note): void {
    if (note.kind === 'ended') this.#endLeases(name, note.deviceKey, note.at);
    else if (note.kind === 'seen') this.#options.step({ type: 'seen', tenant: name.tenant, user: name.user, times: note });
    else void this.#reloads.reload(name).catch(() => {});
  }

  missed(concerns: (name: UserName) => boolean): void {
    for (const user of this.#options.engine.roster.all()) {
      const name = nameOf(user);
      if (concerns(name)) void this.#reloads.reload(name).catch(() => {});
    }
  }

  renamed(incarnation: string): void {
    const { engine, cluster, writeBehind } = this.#options;
    writeBehind.rename(incarnation);
    for (const user of engine.roster.all()) {
      if (user.slot !== null) cluster.put(nameOf(user), user.slot, timesOf(user));
      for (let session = user.firstSession; session !== null; session = session.next) writeBehind.saveSession(session);
    }
  }

  async adopt(node: string, users: readonly UserName[], diedMsAgo: number): Promise<void> {
    const { engine, residents, recover, clock } = this.#options;
    const diedAt = clock.now() - diedMsAgo;
    const recovery = await this.#bury(node);
    const leaseKeys = new Set(recovery.leases.map(keyOf));
    const online = new Map(recovery.online.map((each) => [keyOf(each), each]));
    // Somebody who only has a lease keeps it as it is; whoever has come back here since is not waited for.
    const links = users.filter((name) => (online.has(keyOf(name)) || !leaseKeys.has(keyOf(name))) && !this.#isBackSince(name, diedAt));
    await residents.loadAll(links);
    // When they were last seen stands in the store now.
    await Promise.all(links.map((name) => this.#reloads.reload(name)));
    const seenAtOf = ({ tenant, user }: UserName) => engine.roster.find(tenant, user)?.seenAt ?? clock.now();
    await recover({
      online: links.map((name) => ({ ...online.get(keyOf(name)), ...name, seenAt: seenAtOf(name) })),
      leases: recovery.leases,
    });
  }

  census(alive: readonly string[]): void {
    for (const [tenant, users] of this.#absent) this.#bringIn(tenant, [...users]);
    this.#reloads.retry();
    const now = this.#options.clock.now();
    for (const node of this.#alive) if (!alive.includes(node)) this.#died.add(node);
    this.#alive = alive;
    for (const node of this.#died) void this.#readLastOf(node).catch(() => {});
    for (const [key, at] of this.#loggedOut) if (now - at > REMEMBERED_MS) this.#loggedOut.delete(key);
    if (now - this.#sweptAt < SWEEP_MS) return;
    const isFirst = this.#sweptAt === Number.NEGATIVE_INFINITY;
    this.#sweptAt = now;
    void this.#sweep(alive, isFirst && alive.length === 1).catch(this.#options.onFailure);
  }

  // What a node stored just before it died it may have told nobody; once it is buried it can store nothing more.
  async #readLastOf(node: string): Promise<void> {
    await this.#options.store.bury(node, this.#options.clock.now());
    if (this.#died.delete(node)) this.missed(() => true);
  }

  // A node that the place where nodes meet knows nothing of, since that was emptied, still has open sessions in the store. Whoever starts
  // alone takes over at once what all the others left, as a single server does when it starts.
  async #sweep(alive: readonly string[], isAlone: boolean): Promise<void> {
    const { store, clock, recover } = this.#options;
    const lost = (await store.nodes()).filter((node) => !alive.includes(node));
    for (const node of this.#missedSince.keys()) if (!lost.includes(node)) this.#missedSince.delete(node);
    for (const node of lost) {
      const since = this.#missedSince.get(node) ?? clock.now();
      this.#missedSince.set(node, since);
      if (!isAlone && clock.now() - since < MISSED_MS) continue;
      const recovery = await this.#bury(node);
      await recover(isAlone ? recovery : { leases: recovery.leases });
      for (const name of recovery.online) void this.#reloads.reload(name).catch(() => {});
    }
  }

  async #bury(node: string): Promise<Recovery> {
    const { online, leases } = await this.#options.store.bury(node, this.#options.clock.now());
    return { online, leases: leases.filter((lease) => lease.seenAt > (this.#loggedOut.get(keyOf(lease)) ?? 0)) };
  }

  #bringIn(tenant: string, users: readonly string[]): void {
    const absent = this.#absent.get(tenant) ?? new Set();
    for (const user of users) absent.add(user);
    this.#absent.set(tenant, absent);
    const arrived = () => {
      for (const user of users) absent.delete(user);
      if (absent.size === 0 && this.#absent.get(tenant) === absent) this.#absent.delete(tenant);
    };
    // Who could not be brought in is tried again at the next census.
    this.#options.residents.load(tenant, users)?.then(arrived, () => {}) ?? arrived();
  }

  #isBackSince({ tenant, user }: UserName, at: number): boolean {
    for (let session = this.#options.engine.roster.find(tenant, user)?.firstSession ?? null; session !== null; session = session.next)
      if (session.state === 'live' && session.startedAt > at) return true;
    return false;
  }

  #endLeases({ tenant, user }: UserName, deviceKey: string, at: number): void {
    this.#loggedOut.set(keyOf({ tenant, user }), at);
    const { engine, step } = this.#options;
    for (let session = engine.roster.find(tenant, user)?.firstSession ?? null; session !== null; ) {
      const { next } = session;
      const isTheirs = session.deviceKey === deviceKey || session.recovered;
      if (session.kind === 'lease' && isTheirs && session.seenAt <= at)
        step({ type: 'leave', session: session.number, reason: 'left', elsewhere: true });
      session = next;
    }
  }
}

/** When a user was seen, as others are to know it. */
export function timesOf({ seenAt, activeAt, facts }: User): SeenTimes {
  return { seenAt, activeAt, restingSeenAt: facts.restingSeenAt, restingActiveAt: facts.restingActiveAt };
}
