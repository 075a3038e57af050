import type { Slot } from '@porchlight/engine';
import { keyOf, type UserName } from '../user-name.ts';
import type { Note, SeenTimes } from './cluster.ts';
import type { Item, Refusal, Reply } from './meeting-point.ts';

interface ShardWriterOptions {
  /** Carries out one write, with a fresh operation number; undefined while there is nobody to write as. */
  write(items: readonly Item[]): Promise<Reply> | undefined;
  refused(refusal: Refusal): void;
  /** It is not known whether a write was carried out: call `flush` again soon. */
  retry(): void;
  /** Everything put so far has been taken. */
  settled(): void;
}

interface Put {
  readonly name: UserName;
  readonly slot: Slot | null;
  readonly times: SeenTimes;
}

const ITEMS_AT_ONCE = 100;

/**
 * What one node wants written in one shard: states, not a history. One write is under way at a time, the next gathers meanwhile, and one of
 * which it is not known whether it was carried out is carried out again as things are by then.
 */
export class ShardWriter {
  readonly #options: ShardWriterOptions;
  /** By user: what its slot is to be. */
  #puts = new Map<string, Put>();
  #notes: Item[] = [];
  #inFlight: { readonly puts: readonly Put[]; readonly notes: readonly Item[]; readonly startedOver: number } | undefined;
  /** How often: what was sent before counts under an incarnation that is gone. */
  #startedOver = 0;

  constructor(options: ShardWriterOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#puts.size + this.#notes.length === 0 && this.#inFlight === undefined;
  }

  put(name: UserName, slot: Slot | null, times: SeenTimes): void {
    const key = keyOf(name);
    const unheard = this.#puts.get(key);
    this.#puts.set(key, { name, slot, times });
    // Whoever came and went before anybody heard of it was seen all the same.
    if (slot === null && unheard !== undefined && unheard.slot !== null) this.#tellSeen(name, times);
  }

  tell(name: UserName, note: Note): void {
    this.#notes.push({ tenant: name.tenant, user: name.user, note });
  }

  /** Under another incarnation there is no slot yet: what was to be taken back is gone, and only when somebody was seen has to be told. */
  startOver(): void {
    this.#startedOver += 1;
    const puts = [...this.#puts.values()];
    this.#puts.clear();
    for (const put of puts) this.#putAfresh(put);
  }

  #putAfresh(put: Put): void {
    if (put.slot === null) this.#tellSeen(put.name, put.times);
    else this.#puts.set(keyOf(put.name), put);
  }

  flush(): void {
    if (this.#inFlight !== undefined || this.isIdle) return;
    const puts = [...this.#puts.values()].slice(0, ITEMS_AT_ONCE);
    const notes = this.#notes.slice(0, ITEMS_AT_ONCE);
    const written = this.#options.write([...puts.map(itemOf), ...notes]);
    if (written === undefined) return;
    for (const { name } of puts) this.#puts.delete(keyOf(name));
    this.#notes = this.#notes.slice(ITEMS_AT_ONCE);
    this.#inFlight = { puts, notes, startedOver: this.#startedOver };
    written.then(
      (reply) => this.#done(reply.refused),
      () => this.#done('late'),
    );
  }

  #tellSeen(name: UserName, times: SeenTimes): void {
    this.tell(name, { kind: 'seen', ...times });
  }

  #done(refused: Refusal | undefined): void {
    const { puts, notes, startedOver } = this.#inFlight ?? { puts: [], notes: [], startedOver: 0 };
    this.#inFlight = undefined;
    if (refused === undefined) {
      if (this.isIdle) return this.#options.settled();
      return this.flush();
    }
    // What was put meanwhile is newer.
    this.#notes = [...notes, ...this.#notes];
    for (const put of puts) {
      if (this.#puts.has(keyOf(put.name))) continue;
      if (startedOver === this.#startedOver) this.#puts.set(keyOf(put.name), put);
      else this.#putAfresh(put);
    }
    if (refused === 'late') this.#options.retry();
    else this.#options.refused(refused);
  }
}

function itemOf({ name, slot, times }: Put): Item {
  return { tenant: name.tenant, user: name.user, slot, seenAt: times.seenAt, activeAt: times.activeAt };
}
