import type { PresenceRecord } from '@porchlight/protocol';
import type { Presence } from './presence.ts';
import { observeTime } from './ticker.ts';

/**
 * Watches somebody, and calls `listener` whenever a label made from the record and the time has to be made again: when the record changed,
 * and after the milliseconds that `nextChangeMs` gives. Undone by the returned function.
 */
export function observeLabel(
  presence: Presence,
  id: string,
  nextChangeMs: (record: PresenceRecord, now: number) => number,
  listener: () => void,
): () => void {
  const next = (now: number) => {
    const record = presence.get(id);
    return record ? nextChangeMs(record, now) : Number.POSITIVE_INFINITY;
  };
  const time = observeTime(presence, next, listener);
  const unwatch = presence.watch([id], () => {
    time.again();
    listener();
  });
  return () => {
    time();
    unwatch();
  };
}
