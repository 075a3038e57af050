/** Something to be called at a time. */
export interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

interface Entry extends Alarm {
  /** Alarms of one instant ring in the order in which they were set. */
  readonly order: number;
  /** Its place in the heap, -1 outside. */
  index: number;
}

/** Alarms in a binary heap: the simulator sets, calls off and rings millions of them. */
export class AlarmQueue {
  readonly #heap: Entry[] = [];
  #order = 0;

  /** Epoch milliseconds of the earliest; Infinity when there is none. */
  nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Returns how to call it off, which may repeat. */
  add(at: number, ring: () => void): () => void {
    this.#order += 1;
    const entry: Entry = { at, ring, order: this.#order, index: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return () => this.#remove(entry);
  }

  /** Takes out the earliest alarm, if it is due. */
  takeDue(now: number): Alarm | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#remove(first);
    return first;
  }

  #remove(entry: Entry): void {
    if (entry.index === -1) return;
    const { index } = entry;
    entry.index = -1;
    const last = this.#heap.pop() as Entry;
    if (last === entry) return;
    this.#put(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  #put(entry: Entry, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }

  #rise(entry: Entry): void {
    let { index } = entry;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex] as Entry;
      if (isBefore(parent, entry)) break;
      this.#put(parent, index);
      index = parentIndex;
    }
    this.#put(entry, index);
  }

  #sink(entry: Entry): void {
    let { index } = entry;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = this.#heap[leftIndex];
      if (left === undefined) break;
      const right = this.#heap[leftIndex + 1];
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (isBefore(entry, child)) break;
      const childIndex = child.index;
      this.#put(child, index);
      index = childIndex;
    }
    this.#put(entry, index);
  }
}

const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order);
