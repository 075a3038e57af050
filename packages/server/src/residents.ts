import { type Engine, type EngineEvent, type LoadedUser, neverStored, type Rules, type User } from '@porchlight/engine';
import type { Cluster } from './cluster/cluster.ts';
import { PorchlightError } from './errors.ts';
import type { Store, StoredUser } from './stores/store.ts';
import type { UserName } from './user-name.ts';

interface ResidentsOptions {
  engine: Engine;
  /** What holds for users who never set a rule. */
  rules: Rules;
  store: Store;
  cluster: Cluster;
  /** Users kept in memory although nobody needs them. */
  idleUsersMax: number;
  /** Whether somebody watches the user, or something of the user is still to be written. */
  isNeeded(user: User): boolean;
  step(event: EngineEvent): void;
  onFailure(error: unknown): void;
}

/** Users read at once. */
const READ_AT_ONCE = 1_000;
/** Users looked at in one round of eviction. */
const LOOKED_AT_MAX = 2_000;

/**
 * Which users are in memory. Whoever is asked about is brought in from the store, also somebody it never heard of, so that an unknown id costs
 * the same as a known one; whoever nobody needs any more goes, once there are too many.
 */
export class Residents {
  readonly #options: ResidentsOptions;
  readonly #loading = new Map<string, { next: Set<string>; promise: Promise<void> }>();
  #cursor = 0;

  constructor(options: ResidentsOptions) {
    this.#options = options;
  }

  /** Brings these users in; undefined when they are here already. Rejects with UNAVAILABLE when the store cannot be read. */
  load(tenant: string, users: readonly string[]): Promise<void> | undefined {
    const { roster } = this.#options.engine;
    let missing: string[] | undefined;
    for (const user of users) {
      if (roster.find(tenant, user) !== undefined) continue;
      missing ??= [];
      missing.push(user);
    }
    return missing === undefined ? undefined : this.#ask(tenant, missing);
  }

  /** The same for users of several tenants, who may be named more than once. */
  async loadAll(names: readonly UserName[]): Promise<void> {
    const byTenant = Map.groupBy(names, ({ tenant }) => tenant);
    for (const [tenant, theirs] of byTenant) await this.load(tenant, [...new Set(theirs.map(({ user }) => user))]);
  }

  /** What the store holds of these users by now; for those it never heard of, what holds for strangers. */
  async read(tenant: string, users: readonly string[]): Promise<LoadedUser[]> {
    const stored = await this.#storedUsers(tenant, users);
    return users.map((id) => this.#loadedUser(id, stored.get(id)));
  }

  /** Resolves when nobody of this tenant is being brought in on the strength of what the store held before now. */
  async settled(tenant: string): Promise<void> {
    await this.#loading.get(tenant)?.promise.catch(() => {});
  }

  /** Looks at a bounded number of users each time it is called, round and round. */
  evictIdle(): void {
    const { engine, idleUsersMax, isNeeded } = this.#options;
    const { roster } = engine;
    if (roster.size <= idleUsersMax) return;
    if (this.#cursor >= roster.tableSize) this.#cursor = 0;
    const end = Math.min(this.#cursor + LOOKED_AT_MAX, roster.tableSize);
    for (; this.#cursor < end; this.#cursor += 1) {
      const user = roster.at(this.#cursor);
      if (user !== undefined && !isNeeded(user)) engine.evict(user);
    }
  }

  // One question to the store at a time and tenant; what is asked meanwhile goes into the next one together. A storm of sign-ins costs a
  // few large look-ups instead of thousands of small ones.
  #ask(tenant: string, users: readonly string[]): Promise<void> {
    const known = this.#loading.get(tenant);
    if (known !== undefined) {
      for (const user of users) known.next.add(user);
      return known.promise.then(() => this.load(tenant, users));
    }
    const next = new Set<string>();
    const promise = this.#loadNow(tenant, users).finally(() => {
      this.#loading.delete(tenant);
      // Those who wait ask again themselves, once this is done: by the next time their users are here.
      void this.load(tenant, [...next])?.catch(() => {});
    });
    this.#loading.set(tenant, { next, promise });
    return promise;
  }

  async #loadNow(tenant: string, users: readonly string[]): Promise<void> {
    const { cluster, step } = this.#options;
    step({ type: 'loaded', tenant, users: await this.read(tenant, users) });
    if (!cluster.several) return;
    for (const user of users) for (const remote of cluster.read({ tenant, user })) step({ type: 'slot', tenant, user, ...remote });
  }

  async #storedUsers(tenant: string, users: readonly string[]): Promise<Map<string, StoredUser>> {
    const stored = new Map<string, StoredUser>();
    try {
      for (let start = 0; start < users.length; start += READ_AT_ONCE)
        for (const user of await this.#options.store.load(tenant, users.slice(start, start + READ_AT_ONCE))) stored.set(user.user, user);
    } catch (cause) {
      this.#options.onFailure(cause);
      throw new PorchlightError('UNAVAILABLE', 'The store cannot be read at the moment.', { retryAfterMs: 1_000, cause });
    }
    return stored;
  }

  #loadedUser(id: string, stored: StoredUser | undefined): LoadedUser {
    if (stored === undefined) return neverStored(id, this.#options.rules);
    return { ...stored, profile: stored.profile === null ? null : JSON.parse(stored.profile) };
  }
}
