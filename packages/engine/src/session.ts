import { BIT, type SessionRows } from './session-rows.ts';
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

/**
 * Names the figures in a row of `SessionRows`. It has no private methods, here and in `Session`: they would cost each session a field.
 */
export class SessionFigures {
  #rows: SessionRows;
  #row: number;

  constructor(rows: SessionRows, row: number) {
    this.#rows = rows;
    this.#row = row;
  }

  /** Its place in the table of sessions, also for deadlines. */
  get row(): number {
    return this.#row;
  }

  /** Names the figures of another row from now on. */
  moveTo(row: number, rows = this.#rows): this {
    this.#rows = rows;
    this.#row = row;
    return this;
  }

  get number(): number {
    return this.#rows.number(this.#row);
  }

  get graceMs(): number {
    return this.#rows.graceMs(this.#row);
  }

  get kind(): 'link' | 'lease' {
    return this.#rows.is(this.#row, BIT.lease) ? 'lease' : 'link';
  }
  set kind(kind: 'link' | 'lease') {
    this.#rows.put(this.#row, BIT.lease, kind === 'lease');
  }

  get state(): 'live' | 'lost' | 'ended' {
    if (this.#rows.is(this.#row, BIT.ended)) return 'ended';
    return this.#rows.is(this.#row, BIT.lost) ? 'lost' : 'live';
  }
  set state(state: 'live' | 'lost' | 'ended') {
    this.#rows.put(this.#row, BIT.lost, state === 'lost');
    this.#rows.put(this.#row, BIT.ended, state === 'ended');
  }

  /** False while the client asks to appear offline on this session. */
  get shown(): boolean {
    return !this.#rows.is(this.#row, BIT.hidden);
  }
  set shown(shown: boolean) {
    this.#rows.put(this.#row, BIT.hidden, !shown);
  }

  /** True while its user has opted out: nothing may be recorded. Set with the user's facts. */
  get muted(): boolean {
    return this.#rows.is(this.#row, BIT.muted);
  }
  set muted(muted: boolean) {
    this.#rows.put(this.#row, BIT.muted, muted);
  }

  /** True from when its user stops being invisible until the next sign of life, the first that others are shown. */
  get revealed(): boolean {
    return this.#rows.is(this.#row, BIT.revealed);
  }
  set revealed(revealed: boolean) {
    this.#rows.put(this.#row, BIT.revealed, revealed);
  }

  get background(): boolean {
    return this.#rows.is(this.#row, BIT.background);
  }
  set background(background: boolean) {
    this.#rows.put(this.#row, BIT.background, background);
  }

  /** The page was asked for a sign of life and gave none. */
  get suspect(): boolean {
    return this.#rows.is(this.#row, BIT.suspect);
  }
  set suspect(suspect: boolean) {
    this.#rows.put(this.#row, BIT.suspect, suspect);
  }

  get asked(): boolean {
    return this.#rows.is(this.#row, BIT.asked);
  }
  set asked(asked: boolean) {
    this.#rows.put(this.#row, BIT.asked, asked);
  }

  /** The page can be asked for a sign of life. */
  get answersPing(): boolean {
    return this.#rows.is(this.#row, BIT.answersPing);
  }
  set answersPing(answersPing: boolean) {
    this.#rows.put(this.#row, BIT.answersPing, answersPing);
  }

  /** As last settled: nobody has touched anything for a while, in the background, or suspect. */
  get away(): boolean {
    return this.#rows.is(this.#row, BIT.away);
  }
  set away(away: boolean) {
    this.#rows.put(this.#row, BIT.away, away);
  }

  /** Taken over from a process that ended. */
  get recovered(): boolean {
    return this.#rows.is(this.#row, BIT.recovered);
  }
  set recovered(recovered: boolean) {
    this.#rows.put(this.#row, BIT.recovered, recovered);
  }

  get startedAt(): number {
    return this.#rows.startedAt(this.#row);
  }
  set startedAt(startedAt: number) {
    this.#rows.setStartedAt(this.#row, startedAt);
  }

  get seenAt(): number {
    return this.#rows.seenAt(this.#row);
  }
  set seenAt(seenAt: number) {
    this.#rows.setSeenAt(this.#row, seenAt);
  }

  get activeAt(): number {
    return this.#rows.activeAt(this.#row);
  }
  set activeAt(activeAt: number) {
    this.#rows.setActiveAt(this.#row, activeAt);
  }

  /** End of the lease, or of the grace while lost; Infinity for a link that is alive. */
  get untilAt(): number {
    return this.#rows.untilAt(this.#row);
  }
  set untilAt(untilAt: number) {
    this.#rows.setUntilAt(this.#row, untilAt);
  }

  /** When the page is next asked for a sign of life, or found not to have answered. */
  get lifeDueAt(): number {
    return this.#rows.lifeDueAt(this.#row);
  }
  set lifeDueAt(lifeDueAt: number) {
    this.#rows.setLifeDueAt(this.#row, lifeDueAt);
  }

  /** Its name in the store, where an earlier process gave it one; opaque to the engine. */
  get storedId(): string | null {
    return this.#rows.storedId(this.#row);
  }
  set storedId(storedId: string | null) {
    this.#rows.setStoredId(this.#row, storedId);
  }

  get endReason(): string | null {
    return this.#rows.endReason(this.#row);
  }

  /** Ends: the figures move to a table of those that ended, and their row is free. */
  endIn(ended: SessionRows, reason: string): void {
    this.state = 'ended';
    const row = this.#rows.copy(this.#row, ended);
    ended.setEndReason(row, reason);
    this.#rows.release(this.#row);
    this.moveTo(row, ended);
  }
}

/**
 * One live connection (`link`) or one HTTP lease of a user.
 *
 *   live ──lost──▶ lost (in its grace) ──resume──▶ live
 *     │              └──grace over, or another session of the same device──▶ ended
 *     └──left, signed out, lease over──▶ ended
 *
 * An ended session is no longer reachable from its user; ending it again, or late, does nothing.
 * It takes 72 bytes, and its figures 40.
 */
export class Session extends SessionFigures {
  next: Session | null = null;
  readonly user: User;
  /** Never changed in place: sessions share it. */
  details: SessionDetails;
  /** A session of the same device that comes back replaces its lost forerunner; null when the device is not known. */
  readonly deviceKey: string | null;

  constructor(rows: SessionRows, row: number, user: User, details: SessionDetails, deviceKey: string | null) {
    super(rows, row);
    this.user = user;
    this.details = details;
    this.deviceKey = deviceKey;
  }
}
