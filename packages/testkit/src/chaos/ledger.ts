/** One write of a client: what it asked for, and when it was told that it is done. */
interface Write<Value> {
  readonly value: Value;
  acknowledged: boolean;
}

/**
 * What one client knows of one thing that it writes, one write after the other. After a crash the thing may be what was acknowledged last,
 * or what was asked for since, and nothing else.
 */
export class Ledger<Value> {
  #writes: Write<Value>[];

  constructor(first: Value) {
    this.#writes = [{ value: first, acknowledged: true }];
  }

  /** Notes a write before it is sent; call the answer when it is acknowledged. */
  ask(value: Value): () => void {
    const write: Write<Value> = { value, acknowledged: false };
    this.#writes.push(write);
    return () => {
      write.acknowledged = true;
      this.#writes = this.#writes.slice(this.#writes.indexOf(write));
    };
  }

  /** The values that it may have now. */
  allowed(): Value[] {
    return this.#writes.map(({ value }) => value);
  }

  /** Takes the value that was found as what there is to be kept from now on. */
  settle(value: Value): void {
    this.#writes = [{ value, acknowledged: true }];
  }
}
