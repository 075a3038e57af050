/** How often each of a known set of things happened: what never happened was never tested. */
export class Counters {
  readonly #counts: Map<string, number>;

  constructor(names: readonly string[]) {
    this.#counts = new Map(names.map((name) => [name, 0]));
  }

  count(name: string, by = 1): void {
    const known = this.#counts.get(name);
    if (known === undefined) throw new Error(`Nothing called ${name} is counted here.`);
    this.#counts.set(name, known + by);
  }

  add(other: Counters): void {
    for (const [name, count] of other.#counts) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  missing(): string[] {
    return [...this.#counts].filter(([, count]) => count === 0).map(([name]) => name);
  }

  toObject(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
