import { heldOf, type LoadedUser } from './events.ts';
import { type Claim, NO_CLAIM, type Policy } from './policy.ts';
import { ABSENT, Facts } from './presence.ts';
import { standingOf } from './standing.ts';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';
import { UserTimes } from './user-times.ts';
import { audienceOf, UNKNOWN_VIEW, type View, type Viewer, viewOf } from './visibility.ts';

/** All users that the engine holds, by tenant and by number, and the only questions about them that may be answered to the outside. */
export class Roster {
  readonly #tenants = new Map<string, Tenant>();
  readonly #users: (User | undefined)[] = [];
  readonly #freeIndexes: number[] = [];
  readonly times: UserTimes;

  constructor(lastSeenBucketMs: number) {
    this.times = new UserTimes(lastSeenBucketMs);
  }

  tenant(name: string): Tenant | undefined {
    return this.#tenants.get(name);
  }

  find(tenant: string, id: string): User | undefined {
    return this.#tenants.get(tenant)?.users.get(id);
  }

  at(index: number): User | undefined {
    return this.#users[index];
  }

  get size(): number {
    return this.#users.length - this.#freeIndexes.length;
  }

  /** How many are online, in all tenants: a figure for operators. */
  get onlineCount(): number {
    let count = 0;
    for (const tenant of this.#tenants.values()) count += tenant.onlineCount;
    return count;
  }

  /** One more than the highest index in use so far. */
  get tableSize(): number {
    return this.#users.length;
  }

  *all(): Generator<User> {
    for (const user of this.#users) if (user !== undefined) yield user;
  }

  /** What a viewer may know of a user at `now`; of one who is not here, what may be known of nobody. */
  view(viewer: Viewer, id: string, now: number): View {
    const user = this.find(viewer.tenant, id);
    return user === undefined ? UNKNOWN_VIEW : viewOf(user, audienceOf(viewer, user.tenant.name, id, user.facts), now);
  }

  /** Takes over what the store holds; undefined when the user is known already. */
  load(tenantName: string, loaded: LoadedUser): User | undefined {
    let tenant = this.#tenants.get(tenantName);
    if (tenant === undefined) {
      tenant = new Tenant(tenantName, this.times);
      this.#tenants.set(tenantName, tenant);
    }
    if (tenant.users.has(loaded.user)) return undefined;
    const claim =
      loaded.availability === 'auto' && loaded.text === null
        ? NO_CLAIM
        : { availability: loaded.availability, text: loaded.text, untilAt: loaded.availabilityUntilAt ?? Number.POSITIVE_INFINITY };
    const user = new User(tenant, loaded.user, this.#freeIndexes.pop() ?? this.#users.length, factsOf(loaded, claim));
    this.times.set(user.index, loaded.seenAt ?? Number.NaN, loaded.activeAt ?? Number.NaN);
    user.signedOutAt = loaded.signedOutAt;
    user.profile = loaded.profile;
    user.held = heldOf(loaded);
    tenant.users.set(user.id, user);
    this.#users[user.index] = user;
    return user;
  }

  remove(user: User): boolean {
    if (this.#users[user.index] !== user) return false;
    this.#users[user.index] = undefined;
    user.leaveTables();
    this.#freeIndexes.push(user.index);
    user.tenant.users.delete(user.id);
    if (user.tenant.users.size === 0) this.#tenants.delete(user.tenant.name);
    return true;
  }
}

function factsOf(loaded: LoadedUser, claim: Claim): Facts {
  const policy: Policy = {
    onlineRule: loaded.onlineRule,
    lastSeenRule: loaded.lastSeenRule,
    coarseLastSeenRule: loaded.coarseLastSeenRule,
    optedOut: loaded.optedOut,
    contacts: loaded.contacts.length === 0 ? null : new Set(loaded.contacts),
    blocked: loaded.blocked.length === 0 ? null : new Set(loaded.blocked),
  };
  const { restingSeenAt, restingActiveAt } = loaded;
  return new Facts({ standing: standingOf(ABSENT, claim, policy), sinceAt: null, restingSeenAt, restingActiveAt }, restingSeenAt ?? 0);
}
