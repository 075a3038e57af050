import type { PresenceRecord } from '@porchlight/protocol';

/** A record with the server's time at which it was told; what tabs hand to one another. */
export type Told = readonly [record: PresenceRecord, at: number];

interface Entry {
  told: Told;
  /** What is given out: the record itself, or a copy that says it is suspect. The same object until something changes. */
  shown: PresenceRecord;
  /** Versions of different eras cannot be compared. */
  era: number;
}

/** All records that this page knows. */
export class PresenceStore {
  readonly #entries = new Map<string, Entry>();
  readonly #changed: (ids: readonly string[]) => void;
  #all: ReadonlyMap<string, PresenceRecord> | undefined;
  #era = 0;

  /** `changed` is called once for every batch, with the ids that are now shown differently. */
  constructor(changed: (ids: readonly string[]) => void) {
    this.#changed = changed;
  }

  get(id: string): PresenceRecord | undefined {
    return this.#entries.get(id)?.shown;
  }

  /** Every record as it is shown; the same object until one changes. */
  all(): ReadonlyMap<string, PresenceRecord> {
    this.#all ??= new Map([...this.#entries].map(([id, { shown }]) => [id, shown]));
    return this.#all;
  }

  /** Everything as it was told, for another tab. */
  told(): Told[] {
    return [...this.#entries.values()].map(({ told }) => told);
  }

  /** Takes in what was told; what is older than what is known changes nothing. */
  accept(told: readonly Told[]): void {
    const ids: string[] = [];
    for (const each of told) {
      const [record] = each;
      const known = this.#entries.get(record.id);
      if (known?.era === this.#era && isOlder(each, known.told)) continue;
      const shown = known && isSame(known.shown, record) ? known.shown : record;
      this.#entries.set(record.id, { told: each, shown, era: this.#era });
      if (known?.shown !== shown) ids.push(record.id);
    }
    this.#tell(ids);
  }

  /** The server no longer knows what it told us: its versions count anew. */
  newEra(): void {
    this.#era++;
  }

  /** The link has been down for a while, so that nothing is certain; or it is back, and everything stands as it was told. */
  suspect(suspect: boolean): void {
    const ids: string[] = [];
    for (const [id, entry] of this.#entries) {
      const [record] = entry.told;
      if (isSuspect(entry.shown) === (suspect || isSuspect(record))) continue;
      entry.shown = suspect ? { ...record, certainty: 'suspect' } : record;
      ids.push(id);
    }
    this.#tell(ids);
  }

  forget(ids: Iterable<string>): void {
    this.#tell([...ids].filter((id) => this.#entries.delete(id)));
  }

  #tell(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#all = undefined;
    this.#changed(ids);
  }
}

// Frames come in the order in which they were written, but a page of a snapshot may have been gathered before a change that overtook it. A
// version that falls later on is not older: somebody who hides is shown with the version of the last thing still to be seen, or with 0.
function isOlder([record, at]: Told, [known, knownAt]: Told): boolean {
  if (record.version === 0 || known.version === 0) return at < knownAt;
  return record.version < known.version && at <= knownAt;
}

const isSame = (one: PresenceRecord, other: PresenceRecord) => JSON.stringify(one) === JSON.stringify(other);
const isSuspect = ({ certainty }: PresenceRecord) => certainty === 'suspect';
