import type { Clock } from './clock.ts';
import { notify } from './notify.ts';

interface Watched {
  count: number;
  readonly listeners: Set<(id: string) => void>;
}

/** Somebody who looks away and back is not noticed: remounted components, rows scrolled out and in. */
export const LINGER_MS = 1_000;

/** Whom this page wants to be told of: ids counted by reference, each with those who listen. */
export class WatchList {
  readonly #clock: Clock;
  readonly #wanted: (add: string[], remove: string[]) => void;
  readonly #watched = new Map<string, Watched>();
  #fresh: string[] = [];
  #idle = new Set<string>();

  /** `wanted` is told what was added, together at the end of the task, and what was removed, together after lingering. */
  constructor(clock: Clock, wanted: (add: string[], remove: string[]) => void) {
    this.#clock = clock;
    this.#wanted = wanted;
  }

  /** All ids that are wanted now. */
  ids(): string[] {
    return [...this.#watched.keys()];
  }

  /** Counts these ids once more, and calls `listener` when one of them changes. Undone by the returned function, which may be called twice. */
  watch(ids: Iterable<string>, listener?: (id: string) => void): () => void {
    const mine = new Set(ids);
    // An object of its own for every call, so that one function may listen twice.
    const call = listener && ((id: string) => listener(id));
    for (const id of mine) {
      const entry = this.#enter(id);
      if (call) entry.listeners.add(call);
    }
    return () => {
      for (const id of mine) this.#leave(id, call);
      mine.clear();
    };
  }

  /** Calls everybody who listens to one of these ids. */
  tell(ids: Iterable<string>): void {
    for (const id of ids) notify(this.#watched.get(id)?.listeners ?? [], id);
  }

  #enter(id: string): Watched {
    let entry = this.#watched.get(id);
    if (!entry) {
      entry = { count: 0, listeners: new Set() };
      this.#watched.set(id, entry);
      if (this.#fresh.push(id) === 1) queueMicrotask(() => this.#flushFresh());
    }
    entry.count++;
    return entry;
  }

  #leave(id: string, call: ((id: string) => void) | undefined): void {
    const entry = this.#watched.get(id);
    if (!entry) return;
    if (call) entry.listeners.delete(call);
    if (--entry.count > 0) return;
    if (this.#idle.size === 0) this.#clock.after(LINGER_MS, () => this.#flushIdle());
    this.#idle.add(id);
  }

  #flushFresh(): void {
    const add = this.#fresh;
    this.#fresh = [];
    this.#wanted(add, []);
  }

  #flushIdle(): void {
    const idle = this.#idle;
    this.#idle = new Set();
    const remove = [...idle].filter((id) => this.#watched.get(id)?.count === 0 && this.#watched.delete(id));
    if (remove.length > 0) this.#wanted([], remove);
  }
}
