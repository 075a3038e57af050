import { grownInts } from './packed.ts';
import type { User } from './user.ts';

/** Who watches: a connection, as the engine needs to know it. Made by `Watches.join`. */
export class Watcher<T = unknown> {
  readonly index: number;
  readonly owner: T;
  /** How many users it watches. */
  size = 0;

  constructor(index: number, owner: T) {
    this.index = index;
    this.owner = owner;
  }
}

const NONE = -1;

/**
 * Who watches whom, as edges in packed arrays: each edge is a member of its watcher's list and of its user's list. Five 32-bit numbers, at
 * most 24 bytes a watch with what is kept to grow, and no object for the garbage collector to visit; a pair of Sets costs about 150.
 * Only users' lists go both ways: a watcher's is short, and walked anyway to find an edge.
 */
export class Watches<T = unknown> {
  readonly #watchers: (Watcher<T> | undefined)[] = [];
  readonly #freeWatchers: number[] = [];
  #userOf = new Int32Array(1024);
  #watcherOf = new Int32Array(1024);
  #nextOfUser = new Int32Array(1024);
  #previousOfUser = new Int32Array(1024);
  #nextOfWatcher = new Int32Array(1024);
  #used = 0;
  #free = NONE;
  #size = 0;
  /** Heads by index; grown on demand. */
  #firstOfUser = new Int32Array(1024).fill(NONE);
  #firstOfWatcher = new Int32Array(1024).fill(NONE);

  /** All edges. */
  get size(): number {
    return this.#size;
  }

  /** How many there were at most at one time. */
  get tableSize(): number {
    return this.#used;
  }

  join(owner: T): Watcher<T> {
    const index = this.#freeWatchers.pop() ?? this.#watchers.length;
    const watcher = new Watcher<T>(index, owner);
    this.#watchers[index] = watcher;
    this.#firstOfWatcher = grownHeads(this.#firstOfWatcher, index);
    return watcher;
  }

  /** Removes all watches of a watcher. */
  clear(watcher: Watcher<T>): void {
    if (this.#watchers[watcher.index] !== watcher) return;
    for (let edge = this.#firstOfWatcher[watcher.index] as number; edge !== NONE; edge = this.#nextOfWatcher[edge] as number)
      this.#release(edge);
    this.#firstOfWatcher[watcher.index] = NONE;
    this.#size -= watcher.size;
    watcher.size = 0;
  }

  /** Removes the watcher and all its watches. May repeat. */
  leave(watcher: Watcher<T>): void {
    if (this.#watchers[watcher.index] !== watcher) return;
    this.clear(watcher);
    this.#watchers[watcher.index] = undefined;
    this.#freeWatchers.push(watcher.index);
  }

  /** False when it was watched already. */
  add(watcher: Watcher<T>, user: User): boolean {
    if (this.has(watcher, user)) return false;
    this.#firstOfUser = grownHeads(this.#firstOfUser, user.index);
    const edge = this.#takeEdge();
    this.#userOf[edge] = user.index;
    this.#watcherOf[edge] = watcher.index;
    this.#nextOfUser[edge] = linkFirst(this.#firstOfUser, this.#previousOfUser, user.index, edge);
    this.#nextOfWatcher[edge] = this.#firstOfWatcher[watcher.index] as number;
    this.#firstOfWatcher[watcher.index] = edge;
    watcher.size += 1;
    this.#size += 1;
    return true;
  }

  /** False when it was not watched. */
  remove(watcher: Watcher<T>, user: User): boolean {
    if (this.#watchers[watcher.index] !== watcher) return false;
    let before = NONE;
    let edge = this.#firstOfWatcher[watcher.index] as number;
    while (edge !== NONE && this.#userOf[edge] !== user.index) {
      before = edge;
      edge = this.#nextOfWatcher[edge] as number;
    }
    if (edge === NONE) return false;
    if (before === NONE) this.#firstOfWatcher[watcher.index] = this.#nextOfWatcher[edge] as number;
    else this.#nextOfWatcher[before] = this.#nextOfWatcher[edge] as number;
    this.#release(edge);
    watcher.size -= 1;
    this.#size -= 1;
    return true;
  }

  // Walks the shorter list it has at hand, the watcher's: bounded by the limit of watches a connection.
  has(watcher: Watcher<T>, user: User): boolean {
    return this.#find(watcher, user) !== NONE;
  }

  isWatched(user: User): boolean {
    return user.index < this.#firstOfUser.length && this.#firstOfUser[user.index] !== NONE;
  }

  eachWatcher(user: User, visit: (watcher: Watcher<T>) => void): void {
    if (user.index >= this.#firstOfUser.length) return;
    for (let edge = this.#firstOfUser[user.index] as number; edge !== NONE; edge = this.#nextOfUser[edge] as number)
      visit(this.#watchers[this.#watcherOf[edge] as number] as Watcher<T>);
  }

  /** The indexes of the users that a watcher watches. */
  *usersOf(watcher: Watcher<T>): Generator<number> {
    if (this.#watchers[watcher.index] !== watcher) return;
    for (let edge = this.#firstOfWatcher[watcher.index] as number; edge !== NONE; edge = this.#nextOfWatcher[edge] as number)
      yield this.#userOf[edge] as number;
  }

  #find(watcher: Watcher<T>, user: User): number {
    if (this.#watchers[watcher.index] !== watcher) return NONE;
    let edge = this.#firstOfWatcher[watcher.index] as number;
    while (edge !== NONE && this.#userOf[edge] !== user.index) edge = this.#nextOfWatcher[edge] as number;
    return edge;
  }

  // Takes the edge out of its user's list; its watcher's is left to the caller, who walks it.
  #release(edge: number): void {
    unlink(this.#firstOfUser, this.#nextOfUser, this.#previousOfUser, this.#userOf[edge] as number, edge);
    this.#nextOfUser[edge] = this.#free;
    this.#free = edge;
  }

  #takeEdge(): number {
    if (this.#free !== NONE) {
      const edge = this.#free;
      this.#free = this.#nextOfUser[edge] as number;
      return edge;
    }
    if (this.#used === this.#userOf.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    this.#userOf = grownInts(this.#userOf);
    this.#watcherOf = grownInts(this.#watcherOf);
    this.#nextOfUser = grownInts(this.#nextOfUser);
    this.#previousOfUser = grownInts(this.#previousOfUser);
    this.#nextOfWatcher = grownInts(this.#nextOfWatcher);
  }
}

function linkFirst(first: Int32Array, previous: Int32Array, owner: number, edge: number): number {
  const next = first[owner] as number;
  if (next !== NONE) previous[next] = edge;
  previous[edge] = NONE;
  first[owner] = edge;
  return next;
}

function unlink(first: Int32Array, next: Int32Array, previous: Int32Array, owner: number, edge: number): void {
  const before = previous[edge] as number;
  const after = next[edge] as number;
  if (before === NONE) first[owner] = after;
  else next[before] = after;
  if (after !== NONE) previous[after] = before;
}

function grownHeads(heads: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  return index < heads.length ? heads : grownInts(heads, index + 1, NONE);
}
