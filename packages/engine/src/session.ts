import { Timed } from './deadlines.ts';
import type { User } from './user.ts';

/** What a client said of itself when it signed in. */
export interface SessionDetails {
  /** The dialect it speaks. */
  readonly dialect: string;
  readonly platform: string | null;
  readonly appVersion: string | null;
  readonly device: string | null;
  readonly screen: string | null;
}

const NEVER = Number.POSITIVE_INFINITY;
/** What is true or false of a session, as bits of one number: as fields they took 80 bytes of every session. */
const BIT = {
  lost: 1,
  ended: 2,
  lease: 4,
  hidden: 8,
  background: 16,
  suspect: 32,
  asked: 64,
  answersPing: 128,
  away: 256,
  recovered: 512,
} as const;

/**
 * One live connection (`link`) or one HTTP lease of a user.
 *
 *   live ──lost──▶ lost (in its grace) ──resume──▶ live
 *     │              └──grace over, or another session of the same device──▶ ended
 *     └──left, signed out, lease over──▶ ended
 *
 * An ended session is no longer reachable from its user; ending it again, or late, does nothing.
 *
 * Of its times only the first is kept in full. The others are milliseconds after it, which V8 keeps in the field as long as they fit
 * into 31 bits; a full time is an object of 16 bytes, and a new one at every sign of life. The fields are null first because a field
 * that never held anything but numbers would turn into such objects in all sessions as soon as one of them is older than 24 days.
 */
export class Session extends Timed {
  next: Session | null = null;
  endReason: string | null = null;
  /** Its name in the store, where an earlier process gave it one; opaque to the engine. */
  storedId: string | null = null;
  readonly number: number;
  readonly user: User;
  /** Never changed in place: sessions share it. */
  details: SessionDetails;
  /** A session of the same device that comes back replaces its lost forerunner; null when the device is not known. */
  readonly deviceKey: string | null;
  readonly graceMs: number;
  #bits = 0;
  #startedAt: number;
  #seenMs: number | null = null;
  #activeMs: number | null = null;
  #untilMs: number | null = null;
  #lifeDueMs: number | null = null;

  constructor(
    number: number,
    user: User,
    kind: 'link' | 'lease',
    details: SessionDetails,
    deviceKey: string | null,
    graceMs: number,
    now: number,
  ) {
    super();
    this.number = number;
    this.user = user;
    this.details = details;
    this.deviceKey = deviceKey;
    this.graceMs = graceMs;
    if (kind === 'lease') this.#bits = BIT.lease;
    this.#startedAt = now;
    this.#seenMs = 0;
    this.#activeMs = 0;
  }

  get kind(): 'link' | 'lease' {
    return (this.#bits & BIT.lease) === 0 ? 'link' : 'lease';
  }

  get state(): 'live' | 'lost' | 'ended' {
    if ((this.#bits & BIT.ended) !== 0) return 'ended';
    return (this.#bits & BIT.lost) === 0 ? 'live' : 'lost';
  }
  set state(state: 'live' | 'lost' | 'ended') {
    this.#set(BIT.lost, state === 'lost');
    this.#set(BIT.ended, state === 'ended');
  }

  /** False while the client asks to appear offline on this session. */
  get shown(): boolean {
    return (this.#bits & BIT.hidden) === 0;
  }
  set shown(shown: boolean) {
    this.#set(BIT.hidden, !shown);
  }

  get background(): boolean {
    return (this.#bits & BIT.background) !== 0;
  }
  set background(background: boolean) {
    this.#set(BIT.background, background);
  }

  /** The page was asked for a sign of life and gave none. */
  get suspect(): boolean {
    return (this.#bits & BIT.suspect) !== 0;
  }
  set suspect(suspect: boolean) {
    this.#set(BIT.suspect, suspect);
  }

  get asked(): boolean {
    return (this.#bits & BIT.asked) !== 0;
  }
  set asked(asked: boolean) {
    this.#set(BIT.asked, asked);
  }

  /** The page can be asked for a sign of life. */
  get answersPing(): boolean {
    return (this.#bits & BIT.answersPing) !== 0;
  }
  set answersPing(answersPing: boolean) {
    this.#set(BIT.answersPing, answersPing);
  }

  /** As last settled: nobody has touched anything for a while, in the background, or suspect. */
  get away(): boolean {
    return (this.#bits & BIT.away) !== 0;
  }
  set away(away: boolean) {
    this.#set(BIT.away, away);
  }

  /** Taken over from a process that ended. */
  get recovered(): boolean {
    return (this.#bits & BIT.recovered) !== 0;
  }
  set recovered(recovered: boolean) {
    this.#set(BIT.recovered, recovered);
  }

  get startedAt(): number {
    return this.#startedAt;
  }
  set startedAt(startedAt: number) {
    const { seenAt, activeAt, untilAt, lifeDueAt } = this;
    this.#startedAt = startedAt;
    Object.assign(this, { seenAt, activeAt, untilAt, lifeDueAt });
  }

  get seenAt(): number {
    return this.#startedAt + (this.#seenMs as number);
  }
  set seenAt(seenAt: number) {
    this.#seenMs = seenAt - this.#startedAt;
  }

  get activeAt(): number {
    return this.#startedAt + (this.#activeMs as number);
  }
  set activeAt(activeAt: number) {
    this.#activeMs = activeAt - this.#startedAt;
  }

  /** End of the lease, or of the grace while lost; Infinity for a link that is alive. */
  get untilAt(): number {
    return this.#untilMs === null ? NEVER : this.#startedAt + this.#untilMs;
  }
  set untilAt(untilAt: number) {
    this.#untilMs = untilAt === NEVER ? null : untilAt - this.#startedAt;
  }

  /** When the page is next asked for a sign of life, or found not to have answered. */
  get lifeDueAt(): number {
    return this.#lifeDueMs === null ? NEVER : this.#startedAt + this.#lifeDueMs;
  }
  set lifeDueAt(lifeDueAt: number) {
    this.#lifeDueMs = lifeDueAt === NEVER ? null : lifeDueAt - this.#startedAt;
  }

  #set(bit: number, on: boolean): void {
    this.#bits = on ? this.#bits | bit : this.#bits & ~bit;
  }
}
