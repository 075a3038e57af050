import { MARK, MARK_BITS, PairLists } from './pair-lists.ts';
import type { Telling } from './telling.ts';
import type { User } from './user.ts';
import { isOneOfMost, type Viewer } from './visibility.ts';

const NONE = -1;

/** Who watches: a connection, as the engine needs to know it. Made by `Watches.join`. */
export class Watcher {
  /** Its place in the tables; -1 once it has left. */
  index: number;
  /** How many users it watches. */
  size = 0;
  /** As whom; changed by `Watches.become`. */
  viewer: Viewer;

  constructor(index: number, viewer: Viewer) {
    this.index = index;
    this.viewer = viewer;
  }
}

/**
 * Who watches whom: each watch is a pair of numbers in its user's list and one in its watcher's, and each of the two says where the other is. Four
 * 32-bit numbers, at most 24 bytes a watch with what is kept to grow, and no object for the garbage collector to visit; a pair of Sets
 * costs about 150. The watchers of a user lie side by side: linked lists took as much, and a miss of the processor's cache for each watcher.
 */
export class Watches<T = unknown> {
  /** By watcher; what a change is told to, so that no watcher need be fetched. */
  readonly #owners: (T | undefined)[] = [];
  readonly #watchers: (Watcher | undefined)[] = [];
  readonly #freeWatchers: number[] = [];
  /** Marked is a watcher who is not one of most to the user. */
  readonly #ofUsers = new PairLists();
  readonly #ofWatchers = new PairLists();
  #size = 0;

  /** All watches. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of all lists and what is kept for them to grow. */
  get tableBytes(): number {
    return Int32Array.BYTES_PER_ELEMENT * (this.#ofUsers.room + this.#ofWatchers.room);
  }

  join(owner: T, viewer: Viewer): Watcher {
    const index = this.#freeWatchers.pop() ?? this.#owners.length;
    const watcher = new Watcher(index, viewer);
    this.#owners[index] = owner;
    this.#watchers[index] = watcher;
    return watcher;
  }

  /** From now on a watcher watches as somebody else, also what it watches already. */
  become(watcher: Watcher, viewer: Viewer): void {
    const { index, size } = watcher;
    if (index === NONE) return;
    watcher.viewer = viewer;
    for (let place = 0; place < size; place++)
      this.#ofUsers.mark(this.#ofWatchers.at(index, place), this.#ofWatchers.placeAt(index, place));
  }

  /** Removes all watches of a watcher. */
  clear(watcher: Watcher): void {
    const { index, size } = watcher;
    for (let place = 0; place < size; place++)
      takeOut(this.#ofUsers, this.#ofWatchers, this.#ofWatchers.at(index, place), this.#ofWatchers.placeAt(index, place));
    if (size > 0) this.#ofWatchers.clear(index);
    this.#size -= size;
    watcher.size = 0;
  }

  /** Removes the watcher and all its watches. May repeat. */
  leave(watcher: Watcher): void {
    if (watcher.index === NONE) return;
    this.clear(watcher);
    this.#owners[watcher.index] = undefined;
    this.#watchers[watcher.index] = undefined;
    this.#freeWatchers.push(watcher.index);
    watcher.index = NONE;
  }

  /** False when it was watched already. */
  add(watcher: Watcher, user: User): boolean {
    if (watcher.index === NONE || this.has(watcher, user)) return false;
    this.#ofUsers.push(user.index, watcher.index, watcher.size, !isOneOfMost(watcher.viewer, user));
    this.#ofWatchers.push(watcher.index, user.index, this.#ofUsers.size(user.index) - 1);
    watcher.size += 1;
    this.#size += 1;
    return true;
  }

  /** False when it was not watched. */
  remove(watcher: Watcher, user: User): boolean {
    const place = this.#find(watcher, user);
    if (place === NONE) return false;
    const { index } = watcher;
    takeOut(this.#ofUsers, this.#ofWatchers, user.index, this.#ofWatchers.placeAt(index, place));
    takeOut(this.#ofWatchers, this.#ofUsers, index, place);
    watcher.size -= 1;
    this.#size -= 1;
    return true;
  }

  has(watcher: Watcher, user: User): boolean {
    return this.#find(watcher, user) !== NONE;
  }

  isWatched(user: User): boolean {
    return this.#ofUsers.size(user.index) > 0;
  }

  /** Visits the owners of all who watch the user and are to be told. The visitor must not add or remove watches. */
  eachTold(telling: Telling, visit: (owner: T) => void): void {
    const { user, most } = telling;
    const size = this.#ofUsers.size(user.index);
    if (size === 0) return;
    const words = this.#ofUsers.wordsOf(user.index);
    const first = this.#ofUsers.firstOf(user.index);
    for (let at = first; at < first + size; at++) {
      const word = words[at] as number;
      const watcher = word >> MARK_BITS;
      const isTold = most === undefined || (word & MARK) !== 0 ? telling.isTold((this.#watchers[watcher] as Watcher).viewer) : most;
      if (isTold) visit(this.#owners[watcher] as T);
    }
  }

  /** The indexes of the users that a watcher watches. */
  *usersOf(watcher: Watcher): Generator<number> {
    for (let left = watcher.size; left > 0; left = Math.min(left - 1, watcher.size)) yield this.#ofWatchers.at(watcher.index, left - 1);
  }

  /** The place of the user in the watcher's list; looked for in the shorter of the two. */
  #find({ index, size }: Watcher, user: User): number {
    if (size === 0) return NONE;
    if (size <= this.#ofUsers.size(user.index)) return this.#ofWatchers.find(index, user.index);
    const place = this.#ofUsers.find(user.index, index);
    return place === NONE ? NONE : this.#ofUsers.placeAt(user.index, place);
  }
}

/** Takes one half of a watch out of its list; of what takes its place there, the other half has to know. */
function takeOut(lists: PairLists, others: PairLists, list: number, place: number): void {
  if (lists.removeAt(list, place)) others.setPlaceAt(lists.at(list, place), lists.placeAt(list, place), place);
}
