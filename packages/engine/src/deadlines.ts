/** Something with a time at which it wants attention. */
export abstract class Timed {
  /** Epoch milliseconds; only meaningful while in the heap. */
  dueAt = Number.POSITIVE_INFINITY;
  /** Its place in the heap, -1 while outside. */
  heapIndex = -1;
}

/**
 * All deadlines of an engine in one binary heap, so that the shell needs one alarm. A deadline that moves later is left where it is:
 * when the old time comes its owner finds nothing to do and asks again. Heartbeats therefore cost no heap operation.
 */
export class Deadlines {
  readonly #heap: Timed[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Epoch milliseconds of the earliest; Infinity when there is none. */
  nextAt(): number {
    return this.#heap[0]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** Makes sure that the item is asked at `dueAt` or earlier. */
  ensure(item: Timed, dueAt: number): void {
    if (dueAt === Number.POSITIVE_INFINITY) return;
    if (item.heapIndex === -1) {
      item.dueAt = dueAt;
      item.heapIndex = this.#heap.length;
      this.#heap.push(item);
      this.#rise(item);
    } else if (dueAt < item.dueAt) {
      item.dueAt = dueAt;
      this.#rise(item);
    }
  }

  /** Takes out and returns the earliest item that is due, if any. */
  takeDue(now: number): Timed | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.dueAt > now) return undefined;
    this.remove(first);
    return first;
  }

  remove(item: Timed): void {
    const index = item.heapIndex;
    if (index === -1) return;
    item.heapIndex = -1;
    const last = this.#heap.pop() as Timed;
    if (last === item) return;
    last.heapIndex = index;
    this.#heap[index] = last;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(item: Timed): void {
    const heap = this.#heap;
    let index = item.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Timed;
      if (parent.dueAt <= item.dueAt) break;
      heap[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    heap[index] = item;
    item.heapIndex = index;
  }

  #sink(item: Timed): void {
    const heap = this.#heap;
    let index = item.heapIndex;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      if (childIndex + 1 < heap.length && (heap[childIndex + 1] as Timed).dueAt < (heap[childIndex] as Timed).dueAt) childIndex += 1;
      const child = heap[childIndex] as Timed;
      if (child.dueAt >= item.dueAt) break;
      heap[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    heap[index] = item;
    item.heapIndex = index;
  }
}
