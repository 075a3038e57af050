/** Something with a time at which it wants attention. */
export abstract class Timed {
  /** Its place in the heap, -1 while outside. */
  heapIndex = -1;
}

/**
 * All deadlines of an engine in one binary heap, so that the shell needs one alarm. A deadline that moves later is left where it is:
 * when the old time comes its owner finds nothing to do and asks again. Heartbeats therefore cost no heap operation.
 *
 * The times lie beside the items in an array of plain numbers: as fields they took 24 bytes in everything that ever has a deadline, and
 * comparing two meant fetching both items.
 */
export class Deadlines {
  readonly #heap: Timed[] = [];
  #dueAt = new Float64Array(64);

  get size(): number {
    return this.#heap.length;
  }

  /** Epoch milliseconds of the earliest; Infinity when there is none. */
  nextAt(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : (this.#dueAt[0] as number);
  }

  /** Makes sure that the item is asked at `dueAt` or earlier. */
  ensure(item: Timed, dueAt: number): void {
    if (dueAt === Number.POSITIVE_INFINITY) return;
    if (item.heapIndex === -1) {
      const index = this.#heap.length;
      if (index === this.#dueAt.length) this.#grow();
      this.#heap.push(item);
      this.#rise(item, dueAt, index);
    } else if (dueAt < (this.#dueAt[item.heapIndex] as number)) this.#rise(item, dueAt, item.heapIndex);
  }

  /** Takes out and returns the earliest item that is due, if any. */
  takeDue(now: number): Timed | undefined {
    const first = this.#heap[0];
    if (first === undefined || (this.#dueAt[0] as number) > now) return undefined;
    this.remove(first);
    return first;
  }

  remove(item: Timed): void {
    const index = item.heapIndex;
    if (index === -1) return;
    item.heapIndex = -1;
    const last = this.#heap.pop() as Timed;
    if (last === item) return;
    const dueAt = this.#dueAt[this.#heap.length] as number;
    this.#rise(last, dueAt, index);
    if (last.heapIndex === index) this.#sink(last, dueAt, index);
  }

  #rise(item: Timed, dueAt: number, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parentDueAt = this.#dueAt[parentIndex] as number;
      if (parentDueAt <= dueAt) break;
      this.#put(this.#heap[parentIndex] as Timed, parentDueAt, index);
      index = parentIndex;
    }
    this.#put(item, dueAt, index);
  }

  #sink(item: Timed, dueAt: number, from: number): void {
    const { length } = this.#heap;
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= length) break;
      if (childIndex + 1 < length && (this.#dueAt[childIndex + 1] as number) < (this.#dueAt[childIndex] as number)) childIndex += 1;
      const childDueAt = this.#dueAt[childIndex] as number;
      if (childDueAt >= dueAt) break;
      this.#put(this.#heap[childIndex] as Timed, childDueAt, index);
      index = childIndex;
    }
    this.#put(item, dueAt, index);
  }

  #put(item: Timed, dueAt: number, index: number): void {
    this.#heap[index] = item;
    this.#dueAt[index] = dueAt;
    item.heapIndex = index;
  }

  #grow(): void {
    const larger = new Float64Array(Math.ceil(this.#dueAt.length * 1.5));
    larger.set(this.#dueAt);
    this.#dueAt = larger;
  }
}
