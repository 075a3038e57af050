import type { EngineEvent, LoadedUser } from '@porchlight/engine';
import type { Residents } from './residents.ts';
import type { Relation } from './stores/store.ts';
import type { UserName } from './user-name.ts';
import type { WriteBehind } from './write-behind.ts';

interface ReloadsOptions {
  residents: Residents;
  writeBehind: Pick<WriteBehind, 'unwritten'>;
  step(event: EngineEvent): void;
}

interface Round {
  readonly byTenant: Map<string, Set<string>>;
  readonly done: PromiseWithResolvers<void>;
}

/** Users read at once. */
const AT_ONCE = 1_000;

/**
 * Reads again what the store holds of users, after another node changed it. One round after the other, so that what was read earlier never
 * takes the place of what was read later; what is asked for during a round is in the next.
 */
export class Reloads {
  readonly #options: ReloadsOptions;
  #next: Round | undefined;
  #running = false;

  constructor(options: ReloadsOptions) {
    this.#options = options;
  }

  /** Resolves when what the store holds by now holds here; rejects when it cannot be read, which is tried again by `retry`. */
  reload({ tenant, user }: UserName): Promise<void> {
    this.#next ??= newRound();
    const users = this.#next.byTenant.get(tenant) ?? new Set();
    this.#next.byTenant.set(tenant, users.add(user));
    const { promise } = this.#next.done;
    this.retry();
    return promise;
  }

  /** Begins a round, if anything waits for one. */
  retry(): void {
    if (this.#running || this.#next === undefined) return;
    this.#running = true;
    // What comes in the same turn is in the same round.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    const round = this.#next as Round;
    this.#next = undefined;
    let failed = false;
    try {
      for (const [tenant, users] of round.byTenant) await this.#read(tenant, [...users]);
      round.done.resolve();
    } catch (error) {
      failed = true;
      this.#next ??= newRound();
      for (const [tenant, users] of round.byTenant) {
        const later = this.#next.byTenant.get(tenant) ?? new Set();
        for (const user of users) later.add(user);
        this.#next.byTenant.set(tenant, later);
      }
      round.done.reject(error);
    }
    this.#running = false;
    if (!failed) this.retry();
  }

  // What this node has changed and not stored yet is newer than what is stored.
  #withUnwritten(tenant: string, users: LoadedUser[]): LoadedUser[] {
    return users.map((stored) => {
      const { settings, relations } = this.#options.writeBehind.unwritten(tenant, stored.user);
      if (settings.length + relations.length === 0) return stored;
      const contacts = relationsOf('contact', stored.contacts, relations);
      const blocked = relationsOf('block', stored.blocked, relations);
      return Object.assign({ ...stored, contacts, blocked }, ...settings.map(({ changed }) => changed));
    });
  }

  async #read(tenant: string, users: readonly string[]): Promise<void> {
    const { residents, step } = this.#options;
    await residents.settled(tenant);
    for (let start = 0; start < users.length; start += AT_ONCE)
      step({
        type: 'reloaded',
        tenant,
        users: this.#withUnwritten(tenant, await residents.read(tenant, users.slice(start, start + AT_ONCE))),
      });
  }
}

function relationsOf(kind: Relation['kind'], stored: readonly string[], unwritten: readonly Relation[]): string[] {
  const others = new Set(stored);
  for (const relation of unwritten) {
    if (relation.kind !== kind) continue;
    if (relation.present) others.add(relation.other);
    else others.delete(relation.other);
  }
  return [...others];
}

function newRound(): Round {
  const done = Promise.withResolvers<void>();
  // Not everybody who asks for a reload waits for it.
  done.promise.catch(() => {});
  return { byTenant: new Map(), done };
}
