import type { PresenceRecord } from '@porchlight/protocol';
import { isTime } from './clock.ts';

/** A record with the server's time at which it was told; what tabs hand to one another. */
export type Told = readonly [record: PresenceRecord, at: number];

/** A record as it came from the server. Throws TypeError for one without an id. */
export function told(record: PresenceRecord, at: number): Told {
  if (typeof record.id !== 'string') throw new TypeError('No id.');
  const { lastSeenAt, lastSeenWithinMs = 0 } = record;
  return [isTime((lastSeenAt as number) + lastSeenWithinMs) ? record : { ...record, lastSeenAt: null }, at];
}

interface Entry {
  told: Told;
  /** What is given out: the record itself, or a copy that says it is suspect. The same object until something changes. */
  shown: PresenceRecord;
  /** Versions of different eras cannot be compared. */
  era: number;
}

/** All records that this page knows. */
export interface PresenceStore {
  get(id: string): PresenceRecord | undefined;
  /** Every record as it is shown; the same object until one changes. */
  all(): ReadonlyMap<string, PresenceRecord>;
  /** Everything as it was told, for another tab. */
  told(): Told[];
  /** Takes in what was told; what is older than what is known changes nothing. */
  accept(told: readonly Told[]): void;
  /** The server no longer knows what it told us: its versions count anew. */
  newEra(): void;
  /** The link has been down for a while, so that nothing is certain; or it is back, and everything stands as it was told. */
  suspect(suspect: boolean): void;
  forget(ids: Iterable<string>): void;
}

/** `changed` is called once for every batch, with the ids that are now shown differently. */
export function createPresenceStore(changed: (ids: readonly string[]) => void): PresenceStore {
  const entries = new Map<string, Entry>();
  let shownToAll: ReadonlyMap<string, PresenceRecord> | undefined;
  let era = 0;

  function tell(ids: readonly string[]) {
    if (ids.length === 0) return;
    shownToAll = undefined;
    changed(ids);
  }

  return {
    get: (id) => entries.get(id)?.shown,
    all() {
      shownToAll ??= new Map([...entries].map(([id, { shown }]) => [id, shown]));
      return shownToAll;
    },
    told: () => [...entries.values()].map((entry) => entry.told),
    accept: (batch) =>
      tell(
        batch.flatMap((each) => {
          const [record] = each;
          const { id } = record;
          const known = entries.get(id);
          if (known?.era === era && isOlder(each, known.told)) return [];
          const shown = known && isSame(known.shown, record) ? known.shown : record;
          entries.set(id, { told: each, shown, era });
          return known?.shown === shown ? [] : id;
        }),
      ),
    newEra: () => void era++,
    suspect: (suspect) =>
      tell(
        [...entries].flatMap(([id, entry]) => {
          const [record] = entry.told;
          if (isSuspect(entry.shown) === (suspect || isSuspect(record))) return [];
          entry.shown = suspect ? { ...record, certainty: 'suspect' } : record;
          return id;
        }),
      ),
    forget: (ids) => tell([...ids].filter((id) => entries.delete(id))),
  };
}

// Frames come in the order in which they were written, but a page of a snapshot may have been gathered before a change that overtook it. A
// version that falls later on is not older: somebody who hides is shown with the version of the last thing still to be seen, or with 0.
function isOlder([record, at]: Told, [known, knownAt]: Told): boolean {
  if (record.version === 0 || known.version === 0) return at < knownAt;
  return record.version < known.version && at <= knownAt;
}

const isSame = (one: PresenceRecord, other: PresenceRecord) => JSON.stringify(one) === JSON.stringify(other);
const isSuspect = ({ certainty }: PresenceRecord) => certainty === 'suspect';
