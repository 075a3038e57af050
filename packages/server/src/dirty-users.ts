import type { Facts, User } from '@porchlight/engine';

/** Beyond so many a Map finds a user faster than looking through them. */
const SEARCHED_MAX = 24;

export interface TakenUsers {
  readonly users: readonly User[];
  /** What each was told last, and, where an answer came after that, what the answer said. */
  readonly told: readonly Facts[];
  readonly answered: ReadonlyMap<User, Facts> | null;
}

/**
 * The users of whom a connection is yet to be told, each with the facts it was last told. As a rule they are few, and taken all at once:
 * two arrays cost a third of a Map's time, and nothing while there are none.
 */
export class DirtyUsers {
  #users: User[] | null = null;
  #told: Facts[] | null = null;
  #places: Map<User, number> | null = null;
  /** What an answer said of them since: rare, as an answer has to fall between a change and its flush. */
  #answered: Map<User, Facts> | null = null;

  get size(): number {
    return this.#users === null ? 0 : this.#users.length;
  }

  has(user: User): boolean {
    return this.#placeOf(user) !== -1;
  }

  /** Must not hold the user already. */
  add(user: User, told: Facts): void {
    if (this.#users === null || this.#told === null) {
      this.#users = [user];
      this.#told = [told];
      return;
    }
    this.#places?.set(user, this.#users.length);
    this.#users.push(user);
    this.#told.push(told);
    if (this.#places === null && this.#users.length > SEARCHED_MAX) this.#places = new Map(this.#users.map((each, place) => [each, place]));
  }

  /** An answer says how the user is now; one of whom nothing is to be told needs no note. */
  answer(user: User): void {
    if (!this.has(user)) return;
    this.#answered ??= new Map();
    this.#answered.set(user, user.facts);
  }

  delete(user: User): void {
    const place = this.#placeOf(user);
    if (place === -1 || this.#users === null || this.#told === null) return;
    const [lastUser, lastTold] = [this.#users.pop() as User, this.#told.pop() as Facts];
    this.#places?.delete(user);
    this.#answered?.delete(user);
    if (lastUser === user) return;
    this.#users[place] = lastUser;
    this.#told[place] = lastTold;
    this.#places?.set(lastUser, place);
  }

  clear(): void {
    this.#users = null;
    this.#told = null;
    this.#places = null;
    this.#answered = null;
  }

  users(): readonly User[] {
    return this.#users ?? [];
  }

  /** Empties it and gives what was in it: what is noted while that is being told counts as new. */
  take(): TakenUsers {
    const taken = { users: this.#users ?? [], told: this.#told ?? [], answered: this.#answered };
    this.clear();
    return taken;
  }

  #placeOf(user: User): number {
    if (this.#users === null) return -1;
    return this.#places === null ? this.#users.indexOf(user) : (this.#places.get(user) ?? -1);
  }
}
