import type { Facts } from './presence.ts';
import type { User } from './user.ts';
import type { UserTimes } from './user-times.ts';
import { AUDIENCE, audienceOf, seesLive, type Viewer } from './visibility.ts';

/** One app: its users, and who of them is online. Nothing here is reachable from another tenant. */
export class Tenant {
  readonly name: string;
  readonly users = new Map<string, User>();
  /** The times of all users of the engine. */
  readonly times: UserTimes;
  #onlineCount = 0;
  /** Online users with a rule, a block or invisibility: those whom not everyone sees. All others are counted, not visited. */
  readonly #guarded = new Set<User>();

  constructor(name: string, times: UserTimes) {
    this.name = name;
    this.times = times;
  }

  /** How many are online, whoever may see them. */
  get onlineCount(): number {
    return this.#onlineCount;
  }

  /** Keeps the count and the set true after the facts of a user changed. */
  note(user: User, before: Facts): void {
    const { status, invisible, policy } = user.facts;
    if (before.status !== 'offline') this.#onlineCount -= 1;
    if (status === 'offline') {
      this.#guarded.delete(user);
      return;
    }
    this.#onlineCount += 1;
    if (invisible || policy.onlineRule !== 'everyone' || policy.blocked !== null) this.#guarded.add(user);
    else this.#guarded.delete(user);
  }

  /** How many this viewer may see online, exactly. Costs time only for users whom not everyone sees. */
  count(viewer: Viewer): number {
    if (viewer.tenant !== this.name) return 0;
    let count = this.#onlineCount - this.#guarded.size;
    for (const user of this.#guarded) if (showsOnline(user, viewer)) count += 1;
    return count;
  }
}

export function showsOnline(user: User, viewer: Viewer): boolean {
  return seesLive(user.facts, audienceOf(viewer, user.tenant.name, user.id, user.facts) & AUDIENCE.own);
}
