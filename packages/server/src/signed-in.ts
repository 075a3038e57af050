import type { Connection } from './connection.ts';

interface Who {
  readonly tenant: string;
  readonly user: string;
}

/** The connections of each user. */
export class SignedIn {
  readonly #groups = new Map<string, Set<Connection>>();

  of(who: Who): Iterable<Connection> {
    return this.#groups.get(keyOf(who)) ?? [];
  }

  count(who: Who): number {
    return this.#groups.get(keyOf(who))?.size ?? 0;
  }

  /** Files a connection under the user it is signed in as. */
  add(connection: Connection): void {
    if (connection.identity === null) return;
    const key = keyOf(connection.identity);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, new Set([connection]));
    else group.add(connection);
  }

  /** May repeat; must come before its identity changes. */
  delete(connection: Connection): void {
    if (connection.identity === null) return;
    const key = keyOf(connection.identity);
    const group = this.#groups.get(key);
    if (group?.delete(connection) === true && group.size === 0) this.#groups.delete(key);
  }
}

// A line break cannot stand in an id.
const keyOf = ({ tenant, user }: Who) => `${tenant}\n${user}`;
