import { grownInts } from './packed.ts';

/** What is true or false of a session, as bits of one number. */
export const BIT = {
  lost: 1,
  ended: 2,
  lease: 4,
  /** The client asks to appear offline on this session. */
  hidden: 8,
  background: 16,
  suspect: 32,
  asked: 64,
  answersPing: 128,
  away: 256,
  recovered: 512,
  /** The user opted out: nothing may be recorded. */
  muted: 1024,
  /** The user stopped being invisible, and has given no sign of life on it since. */
  revealed: 2048,
} as const;

const NEVER = Number.POSITIVE_INFINITY;
// Stand in a row for times that do not fit into it.
const IS_NEVER = -0x8000_0000;
const IS_FAR = IS_NEVER + 1;

/** Above the bits stands which of the known graces is the session's. */
const GRACE_SHIFT = 12;

/** Words of 32 bits in a row. */
const WORDS = 10;
/** Where numbers of 64 bits lie, counted in such. */
const STARTED_AT = 0;
const NUMBER = 1;
/** Where numbers of 32 bits lie. */
const SEEN = 4;
const ACTIVE = 5;
const UNTIL = 6;
const LIFE_DUE = 7;
const USER = 8;
const BITS = 9;

/**
 * The figures of sessions, a row of 40 bytes each, all that a sign of life reads and writes side by side. As fields of objects they took
 * 112 bytes, strewn over three lines of the processor's cache.
 *
 * Of its times only the first is kept in full. The others are milliseconds after it; what does not fit into 32 bits, in a session older than
 * 24 days, is kept in a map beside the rows.
 */
export class SessionRows {
  #words: Int32Array<ArrayBuffer>;
  #doubles: Float64Array<ArrayBuffer>;
  readonly #far = new Map<number, number>();
  /** All that were ever given: the engine's own, and one of each dialect that has another. */
  readonly #graces: number[] = [];
  readonly #storedIds = new Map<number, string>();
  readonly #endReasons: string[] = [];
  #used = 0;
  #free = -1;
  #size = 0;

  constructor(rows: number) {
    this.#words = new Int32Array(rows * WORDS);
    this.#doubles = new Float64Array(this.#words.buffer);
  }

  /** Rows in use. */
  get size(): number {
    return this.#size;
  }

  /** One more than the highest row in use so far. */
  get tableSize(): number {
    return this.#used;
  }

  take(number: number, user: number, startedAt: number, graceMs: number): number {
    const row = this.#takeRow();
    this.#doubles[(row * WORDS) / 2 + NUMBER] = number;
    this.#doubles[(row * WORDS) / 2 + STARTED_AT] = startedAt;
    this.#words[row * WORDS + SEEN] = 0;
    this.#words[row * WORDS + ACTIVE] = 0;
    this.#words[row * WORDS + UNTIL] = IS_NEVER;
    this.#words[row * WORDS + LIFE_DUE] = IS_NEVER;
    this.#words[row * WORDS + USER] = user;
    this.#words[row * WORDS + BITS] = this.#graceIndex(graceMs) << GRACE_SHIFT;
    return row;
  }

  release(row: number): void {
    if (this.#far.size > 0) for (const word of [SEEN, ACTIVE, UNTIL, LIFE_DUE]) this.#far.delete(row * WORDS + word);
    this.setStoredId(row, null);
    this.#words[row * WORDS] = this.#free;
    this.#free = row;
    this.#size -= 1;
  }

  /** A row of `to` with the figures of one of these. */
  copy(row: number, to: SessionRows): number {
    const copy = to.take(this.number(row), this.user(row), this.startedAt(row), this.graceMs(row));
    to.setBits(copy, to.bits(copy) | (this.bits(row) & ((1 << GRACE_SHIFT) - 1)));
    to.setSeenAt(copy, this.seenAt(row));
    to.setActiveAt(copy, this.activeAt(row));
    to.setUntilAt(copy, this.untilAt(row));
    to.setLifeDueAt(copy, this.lifeDueAt(row));
    to.setStoredId(copy, this.storedId(row));
    return copy;
  }

  number(row: number): number {
    return this.#doubles[(row * WORDS) / 2 + NUMBER] as number;
  }

  /** The index of its user. */
  user(row: number): number {
    return this.#words[row * WORDS + USER] as number;
  }

  bits(row: number): number {
    return this.#words[row * WORDS + BITS] as number;
  }
  setBits(row: number, bits: number): void {
    this.#words[row * WORDS + BITS] = bits;
  }

  is(row: number, bit: number): boolean {
    return (this.bits(row) & bit) !== 0;
  }
  put(row: number, bit: number, on: boolean): void {
    this.setBits(row, on ? this.bits(row) | bit : this.bits(row) & ~bit);
  }

  startedAt(row: number): number {
    return this.#doubles[(row * WORDS) / 2 + STARTED_AT] as number;
  }
  setStartedAt(row: number, startedAt: number): void {
    const [seenAt, activeAt, untilAt, lifeDueAt] = [this.seenAt(row), this.activeAt(row), this.untilAt(row), this.lifeDueAt(row)];
    this.#doubles[(row * WORDS) / 2 + STARTED_AT] = startedAt;
    this.setSeenAt(row, seenAt);
    this.setActiveAt(row, activeAt);
    this.setUntilAt(row, untilAt);
    this.setLifeDueAt(row, lifeDueAt);
  }

  seenAt(row: number): number {
    return this.startedAt(row) + this.#ms(row, SEEN);
  }
  setSeenAt(row: number, at: number): void {
    this.#setMs(row, SEEN, at - this.startedAt(row));
  }

  activeAt(row: number): number {
    return this.startedAt(row) + this.#ms(row, ACTIVE);
  }
  setActiveAt(row: number, at: number): void {
    this.#setMs(row, ACTIVE, at - this.startedAt(row));
  }

  untilAt(row: number): number {
    return this.startedAt(row) + this.#ms(row, UNTIL);
  }
  setUntilAt(row: number, at: number): void {
    this.#setMs(row, UNTIL, at - this.startedAt(row));
  }

  lifeDueAt(row: number): number {
    return this.startedAt(row) + this.#ms(row, LIFE_DUE);
  }
  setLifeDueAt(row: number, at: number): void {
    this.#setMs(row, LIFE_DUE, at - this.startedAt(row));
  }

  graceMs(row: number): number {
    return this.#graces[this.bits(row) >> GRACE_SHIFT] as number;
  }

  #graceIndex(graceMs: number): number {
    const index = this.#graces.indexOf(graceMs);
    return index === -1 ? this.#graces.push(graceMs) - 1 : index;
  }

  // Few sessions have one.
  storedId(row: number): string | null {
    return this.#storedIds.get(row) ?? null;
  }
  setStoredId(row: number, storedId: string | null): void {
    if (storedId !== null) this.#storedIds.set(row, storedId);
    else if (this.#storedIds.size > 0) this.#storedIds.delete(row);
  }

  endReason(row: number): string | null {
    return this.#endReasons[row] ?? null;
  }
  /** Of a row that is not released any more. */
  setEndReason(row: number, reason: string): void {
    this.#endReasons[row] = reason;
  }

  #ms(row: number, word: number): number {
    const ms = this.#words[row * WORDS + word] as number;
    if (ms > IS_FAR) return ms;
    return ms === IS_NEVER ? NEVER : (this.#far.get(row * WORDS + word) as number);
  }

  #setMs(row: number, word: number, ms: number): void {
    const place = row * WORDS + word;
    const whole = ms | 0;
    if (whole === ms && whole > IS_FAR) this.#words[place] = whole;
    else if (ms === NEVER) this.#words[place] = IS_NEVER;
    else {
      this.#words[place] = IS_FAR;
      this.#far.set(place, ms);
    }
  }

  #takeRow(): number {
    this.#size += 1;
    if (this.#free !== -1) {
      const row = this.#free;
      this.#free = this.#words[row * WORDS] as number;
      return row;
    }
    if ((this.#used + 1) * WORDS > this.#words.length) {
      // To whole rows.
      this.#words = grownInts(this.#words, Math.ceil((this.#used * 9) / 8 + 1) * WORDS);
      this.#doubles = new Float64Array(this.#words.buffer);
    }
    this.#used += 1;
    return this.#used - 1;
  }
}
