import type { Clock } from './clock.ts';
import { notify } from './notify.ts';

type Listener = (id: string) => void;

interface Watched {
  count: number;
  readonly listeners: Set<Listener>;
}

/** Whom this page wants to be told of: ids counted by reference, each with those who listen. */
export interface WatchList {
  /** All ids that are wanted now. */
  ids(): string[];
  /** Counts these ids once more, and calls `listener` when one of them changes. Undone by the returned function, which may be called twice. */
  watch(ids: Iterable<string>, listener?: Listener): () => void;
  /** Calls everybody who listens to one of these ids. */
  tell(ids: Iterable<string>): void;
}

/** Somebody who looks away and back is not noticed: remounted components, rows scrolled out and in. */
export const LINGER_MS = 1_000;

/** `wanted` is told what was added, together at the end of the task, and what was removed, together after lingering. */
export function createWatchList(clock: Clock, wanted: (add: string[], remove: string[]) => void): WatchList {
  const watched = new Map<string, Watched>();
  let fresh: string[] = [];
  let idle = new Set<string>();

  function flushFresh() {
    const add = fresh;
    fresh = [];
    wanted(add, []);
  }

  function flushIdle() {
    const left = idle;
    idle = new Set();
    const remove = [...left].filter((id) => watched.get(id)?.count === 0 && watched.delete(id));
    if (remove.length > 0) wanted([], remove);
  }

  function enter(id: string): Watched {
    const entry = watched.get(id) ?? { count: 0, listeners: new Set() };
    if (!watched.has(id) && fresh.push(id) === 1) queueMicrotask(flushFresh);
    watched.set(id, entry);
    entry.count++;
    return entry;
  }

  function leave(id: string, entry: Watched, call: Listener | undefined) {
    if (call) entry.listeners.delete(call);
    if (--entry.count > 0) return;
    if (idle.size === 0) clock.after(LINGER_MS, flushIdle);
    idle.add(id);
  }

  return {
    ids: () => [...watched.keys()],
    watch(ids, listener) {
      // An object of its own for every call, so that one function may listen twice.
      const call = listener && ((id: string) => listener(id));
      const mine = new Map([...new Set(ids)].map((id) => [id, enter(id)]));
      if (call) for (const { listeners } of mine.values()) listeners.add(call);
      return () => {
        for (const [id, entry] of mine) leave(id, entry, call);
        mine.clear();
      };
    },
    tell(ids) {
      for (const id of ids) notify(watched.get(id)?.listeners ?? [], id);
    },
  };
}
