import { grownFloats, grownInts } from './packed.ts';

const NONE = -1;
/**
 * Children of a node. Eight times lie in one line of the processor's cache, and a heap of a million is 7 levels deep instead of 20: most
 * of what a deadline costs is to fetch a line and to note a new place at each level.
 */
const CHILDREN = 8;

/**
 * All deadlines of one kind in one heap, so that the shell needs one alarm. A deadline that moves later is left where it is: when the old
 * time comes its owner finds nothing to do and asks again. Heartbeats therefore cost no heap operation.
 *
 * An owner is a small number, its place in a table, and has at most one deadline. Times, owners and their places in the heap are packed
 * numbers: 16 bytes each.
 */
export class Deadlines {
  #size = 0;
  #dueAt = new Float64Array(64);
  #owners = new Int32Array(64);
  /** Where each owner is in the heap. */
  #places = new Int32Array(64).fill(NONE);

  get size(): number {
    return this.#size;
  }

  /** Epoch milliseconds of the earliest; Infinity when there is none. */
  nextAt(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#dueAt[0] as number);
  }

  has(owner: number): boolean {
    return this.#placeOf(owner) !== NONE;
  }

  /** Makes sure that the owner is asked at `dueAt` or earlier. */
  ensure(owner: number, dueAt: number): void {
    if (dueAt === Number.POSITIVE_INFINITY) return;
    const place = this.#placeOf(owner);
    if (place !== NONE) {
      if (dueAt < (this.#dueAt[place] as number)) this.#rise(owner, dueAt, place);
      return;
    }
    if (this.#size === this.#dueAt.length) {
      this.#dueAt = grownFloats(this.#dueAt);
      this.#owners = grownInts(this.#owners, this.#dueAt.length);
    }
    if (owner >= this.#places.length) this.#places = grownInts(this.#places, owner + 1, NONE);
    this.#size += 1;
    this.#rise(owner, dueAt, this.#size - 1);
  }

  /** Takes out and returns the owner of the earliest deadline that is due; -1 when there is none. */
  takeDue(now: number): number {
    if (this.nextAt() > now) return NONE;
    const first = this.#owners[0] as number;
    this.remove(first);
    return first;
  }

  remove(owner: number): void {
    const place = this.#placeOf(owner);
    if (place === NONE) return;
    this.#places[owner] = NONE;
    this.#size -= 1;
    if (place === this.#size) return;
    const last = this.#owners[this.#size] as number;
    const dueAt = this.#dueAt[this.#size] as number;
    this.#rise(last, dueAt, place);
    if (this.#places[last] === place) this.#sink(last, dueAt, place);
  }

  #placeOf(owner: number): number {
    return owner < this.#places.length ? (this.#places[owner] as number) : NONE;
  }

  #rise(owner: number, dueAt: number, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = Math.floor((place - 1) / CHILDREN);
      const parentDueAt = this.#dueAt[parent] as number;
      if (parentDueAt <= dueAt) break;
      this.#put(this.#owners[parent] as number, parentDueAt, place);
      place = parent;
    }
    this.#put(owner, dueAt, place);
  }

  #sink(owner: number, dueAt: number, from: number): void {
    let place = from;
    for (;;) {
      const first = CHILDREN * place + 1;
      if (first >= this.#size) break;
      const end = Math.min(first + CHILDREN, this.#size);
      let child = first;
      let childDueAt = this.#dueAt[first] as number;
      for (let other = first + 1; other < end; other++) {
        const otherDueAt = this.#dueAt[other] as number;
        if (otherDueAt < childDueAt) {
          child = other;
          childDueAt = otherDueAt;
        }
      }
      if (childDueAt >= dueAt) break;
      this.#put(this.#owners[child] as number, childDueAt, place);
      place = child;
    }
    this.#put(owner, dueAt, place);
  }

  #put(owner: number, dueAt: number, place: number): void {
    this.#owners[place] = owner;
    this.#dueAt[place] = dueAt;
    this.#places[owner] = place;
  }
}
