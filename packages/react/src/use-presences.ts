import type { PresenceRecord } from '@porchlight/client';
import { useMemo, useSyncExternalStore } from 'react';
import { usePresenceContext } from './presence-context.ts';

/** Watches several users: their records in the order of `ids`, undefined for those of whom the server said nothing yet. */
export function usePresences(ids: readonly string[]): readonly (PresenceRecord | undefined)[] {
  const { presence, initial } = usePresenceContext();
  // The same ids in another array are the same ids; none can hold a line break.
  const key = ids.join('\n');
  const [subscribe, get, getInitial] = useMemo(() => {
    const list = key ? key.split('\n') : [];
    return [
      (listener: () => void) => presence.watch(list, listener),
      unchanging(() => list.map((id) => presence.get(id))),
      unchanging(() => list.map((id) => initial.get(id))),
    ] as const;
  }, [presence, initial, key]);
  return useSyncExternalStore(subscribe, get, getInitial);
}

/** The same array as long as it would hold the same. */
function unchanging<Value>(read: () => readonly Value[]): () => readonly Value[] {
  let last: readonly Value[] = [];
  return () => {
    const next = read();
    if (next.length !== last.length || next.some((value, index) => value !== last[index])) last = next;
    return last;
  };
}
