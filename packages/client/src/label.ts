import type { PresenceRecord } from '@porchlight/protocol';
import type { Presence } from './presence.ts';
import { type Timekeeper, tickerOf } from './ticker.ts';

/**
 * Calls `listener` each time that the milliseconds which `nextChangeMs` gives have passed. The returned function stops it; its `again` asks
 * `nextChangeMs` anew.
 */
export function observeTime(time: Timekeeper, nextChangeMs: (now: number) => number, listener: () => void) {
  let cancel = () => {};
  const again = () => {
    cancel();
    const now = time.now();
    cancel = tickerOf(time).at(now + nextChangeMs(now), () => {
      again();
      listener();
    });
  };
  again();
  return Object.assign(() => cancel(), { again });
}

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
    return record === undefined ? Number.POSITIVE_INFINITY : nextChangeMs(record, now);
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
