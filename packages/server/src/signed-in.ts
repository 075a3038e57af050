import type { Connection } from './connection.ts';
import { keyOf, type UserName } from './user-name.ts';

/** The connections of each user: most have one, and a Set for it would cost 150 bytes. */
export class SignedIn {
  readonly #groups = new Map<string, Connection | Set<Connection>>();

  of(name: UserName): Iterable<Connection> {
    const group = this.#groups.get(keyOf(name));
    return group === undefined ? [] : group instanceof Set ? group : [group];
  }

  count(name: UserName): number {
    const group = this.#groups.get(keyOf(name));
    return group === undefined ? 0 : group instanceof Set ? group.size : 1;
  }

  /** Files a connection under the user it is signed in as. */
  add(connection: Connection): void {
    if (connection.identity === null) return;
    const key = keyOf(connection.identity);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, connection);
    else if (group instanceof Set) group.add(connection);
    else if (group !== connection) this.#groups.set(key, new Set([group, connection]));
  }

  /** May repeat; must come before its identity changes. */
  delete(connection: Connection): void {
    if (connection.identity === null) return;
    const key = keyOf(connection.identity);
    const group = this.#groups.get(key);
    if (group === connection) this.#groups.delete(key);
    else if (group instanceof Set && group.delete(connection) && group.size === 0) this.#groups.delete(key);
  }
}
