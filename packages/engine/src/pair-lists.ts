import { grownInts, shrunkInts } from './packed.ts';

/** Words of 32 bits at the head of a block: whose it is, and how many pairs are in it. */
const LIST = 0;
const SIZE = 1;
const HEAD = 2;

/** The lowest bit of what is listed is for whoever lists it. */
export const MARK_BITS = 1;
export const MARK = 1;

/** How many pairs a block of each size class has room for: two or an eighth more than that of the one before. 0 stands for no block. */
const CAPACITIES: readonly number[] = (() => {
  const capacities = [0, 1, 2];
  for (let last = 2; last < 2 ** 26; last = capacities.at(-1) as number) capacities.push(last + Math.max(2, Math.floor(last / 8)));
  return capacities;
})();

/** Up to here a pool in use is not worth making smaller. */
const SMALL = 256;

/** All blocks of one size class, one after the other without a gap. */
class Pool {
  words = new Int32Array(0);
  readonly capacity: number;
  /** Words of a block: its head, then all that was paired, then all places. So whoever only walks the first does not fetch the second. */
  readonly stride: number;
  blocks = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.stride = HEAD + 2 * capacity;
  }

  /** A block at the end; where it begins. */
  take(list: number, size: number): number {
    const start = this.blocks * this.stride;
    if (start + this.stride > this.words.length) this.words = grownInts(this.words, start + this.stride);
    this.words[start + LIST] = list;
    this.words[start + SIZE] = size;
    this.blocks += 1;
    return start;
  }

  /** Moves the last block to where one is given up; the list it belongs to. */
  giveUp(start: number): number {
    this.blocks -= 1;
    const last = this.blocks * this.stride;
    const moved = this.words[last + LIST] as number;
    if (last !== start) this.words.copyWithin(start, last, last + this.stride);
    if (last === 0 || (this.words.length > SMALL && 4 * last < 3 * this.words.length)) this.words = shrunkInts(this.words, last);
    return moved;
  }
}

/**
 * Many lists of pairs of numbers, by the number of the list: what is listed, which may be marked, and its place in a list of the other kind. The pairs of one list lie
 * side by side in a block, so that walking one waits for memory once or twice, not once for each. Blocks of a size lie in a pool; one
 * that is given up is filled by the last, so no room is ever lost between them, and a pool that is mostly empty becomes smaller.
 * The order within a list is kept only until something is removed from it.
 */
export class PairLists {
  readonly #pools: readonly Pool[] = CAPACITIES.map((capacity) => new Pool(capacity));
  /** Of each list the size class of its block and where that begins, side by side; grown on demand. */
  #blocks = new Int32Array(512);

  /** Words of all blocks, used or not. */
  get room(): number {
    return this.#pools.reduce((room, { words }) => room + words.length, 0);
  }

  size(list: number): number {
    if (2 * list + 1 >= this.#blocks.length) return 0;
    const pool = this.#poolOf(list);
    return pool.capacity === 0 ? 0 : (pool.words[this.#startOf(list) + SIZE] as number);
  }

  /** What is at this place of a list. */
  at(list: number, place: number): number {
    return (this.#poolOf(list).words[this.firstOf(list) + place] as number) >> MARK_BITS;
  }

  /** Marks what is at this place of a list. */
  mark(list: number, place: number): void {
    const { words } = this.#poolOf(list);
    const at = this.firstOf(list) + place;
    words[at] = (words[at] as number) | MARK;
  }

  /** The words in which `firstOf` a list and those after it hold what is listed, above `MARK_BITS`, with its `MARK`: until anything changes. */
  wordsOf(list: number): Int32Array {
    return this.#poolOf(list).words;
  }

  firstOf(list: number): number {
    return this.#startOf(list) + HEAD;
  }

  /** The place that was paired with what is at this place. */
  placeAt(list: number, place: number): number {
    const { words, capacity } = this.#poolOf(list);
    return words[this.#startOf(list) + HEAD + capacity + place] as number;
  }

  setPlaceAt(list: number, place: number, paired: number): void {
    const { words, capacity } = this.#poolOf(list);
    words[this.#startOf(list) + HEAD + capacity + place] = paired;
  }

  /** The place of an item in a list; -1 when it is not there. */
  find(list: number, item: number): number {
    const size = this.size(list);
    if (size === 0) return -1;
    const { words } = this.#poolOf(list);
    const first = this.firstOf(list);
    for (let place = 0; place < size; place++) if ((words[first + place] as number) >> MARK_BITS === item) return place;
    return -1;
  }

  /** Puts a pair at the end; the item is below 2 ** 30. */
  push(list: number, item: number, paired: number, marked = false): void {
    // The table may have an odd length.
    if (2 * list + 1 >= this.#blocks.length) this.#blocks = grownInts(this.#blocks, 2 * list + 2);
    const size = this.size(list);
    if (size === this.#poolOf(list).capacity) this.#move(list, (this.#blocks[2 * list] as number) + 1, size);
    const { words, capacity } = this.#poolOf(list);
    const start = this.#startOf(list);
    words[start + HEAD + size] = (item << MARK_BITS) | (marked ? MARK : 0);
    words[start + HEAD + capacity + size] = paired;
    words[start + SIZE] = size + 1;
  }

  /** Removes what is at a place; the last pair of the list, if it is another one, is then there. True if one was moved. */
  removeAt(list: number, place: number): boolean {
    const { words, capacity } = this.#poolOf(list);
    const start = this.#startOf(list);
    const last = (words[start + SIZE] as number) - 1;
    words[start + HEAD + place] = words[start + HEAD + last] as number;
    words[start + HEAD + capacity + place] = words[start + HEAD + capacity + last] as number;
    words[start + SIZE] = last;
    const sizeClass = this.#blocks[2 * list] as number;
    // Only when it would fit with room to spare: coming and going at one size must not copy the list each time.
    if (last === 0) this.clear(list);
    else if (sizeClass > 2 && last <= (CAPACITIES[sizeClass - 2] as number)) this.#move(list, sizeClass - 1, last);
    return place !== last;
  }

  clear(list: number): void {
    const pool = this.#poolOf(list);
    if (pool.capacity === 0) return;
    const start = this.#startOf(list);
    this.#blocks[2 * list] = 0;
    this.#fill(pool, start);
  }

  #poolOf(list: number): Pool {
    return this.#pools[this.#blocks[2 * list] as number] as Pool;
  }

  #startOf(list: number): number {
    return this.#blocks[2 * list + 1] as number;
  }

  // Into a block of another size class.
  #move(list: number, sizeClass: number, size: number): void {
    const from = this.#poolOf(list);
    const fromStart = this.#startOf(list);
    const to = this.#pools[sizeClass] as Pool;
    const toStart = to.take(list, size);
    for (let place = 0; place < size; place++) {
      to.words[toStart + HEAD + place] = from.words[fromStart + HEAD + place] as number;
      to.words[toStart + HEAD + to.capacity + place] = from.words[fromStart + HEAD + from.capacity + place] as number;
    }
    this.#blocks[2 * list] = sizeClass;
    this.#blocks[2 * list + 1] = toStart;
    if (from.capacity > 0) this.#fill(from, fromStart);
  }

  // The last block of a pool takes the place of one that is not needed any more.
  #fill(pool: Pool, start: number): void {
    const moved = pool.giveUp(start);
    if (pool.blocks * pool.stride !== start) this.#blocks[2 * moved + 1] = start;
  }
}
