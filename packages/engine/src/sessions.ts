import type { Deadlines } from './deadlines.ts';
import type { EngineEvent } from './events.ts';
import type { OutcomeBuilder } from './outcome.ts';
import type { EngineOptions } from './policy.ts';
import type { Roster } from './roster.ts';
import { type Session, SessionFigures } from './session.ts';
import { BIT } from './session-rows.ts';
import { SessionTable } from './session-table.ts';
import { counts, isAway, nextDueAt, see, settle, touch } from './settle.ts';
import { shareDetails } from './shared-details.ts';
import type { User } from './user.ts';

/** What happens within one step of the engine has in common; `outcome` is another one in each step. */
export interface StepContext {
  readonly options: EngineOptions;
  readonly roster: Roster;
  /** Of sessions, by their rows. */
  readonly deadlines: Deadlines;
  outcome: OutcomeBuilder;
}

type SessionEvent = Extract<EngineEvent, { type: 'alive' | 'activity' | 'describe' | 'renew' | 'lost' | 'resume' | 'leave' | 'show' }>;

/** In a row of a session that is not live, or that does not count. */
const NOT_LIVE = BIT.lost | BIT.ended;
const NOT_COUNTING = BIT.hidden | BIT.muted;

/** What can happen to a session: the picture is at `Session`. */
export class Sessions {
  readonly #step: StepContext;
  readonly #table: SessionTable;
  /** To look at a row without its session. */
  readonly #figures: SessionFigures;

  constructor(step: StepContext) {
    this.#step = step;
    this.#table = new SessionTable(step.roster);
    this.#figures = new SessionFigures(this.#table.rows, 0);
  }

  get size(): number {
    return this.#table.size;
  }

  tableSizes(): { sessions: number; sessionTable: number } {
    return { sessions: this.#table.size, sessionTable: this.#table.rows.tableSize };
  }

  get(number: number): Session | undefined {
    const row = this.#table.find(number);
    return row === -1 ? undefined : this.#table.at(row);
  }

  /** Takes in what happened to one session; to one that has ended, nothing happens. */
  apply(event: SessionEvent, now: number): void {
    const row = this.#table.find(event.session);
    if (row === -1) return;
    if (event.type === 'alive') return this.#alive(row, event.of, now);
    const session = this.#table.at(row);
    switch (event.type) {
      case 'activity':
        return this.#act(session, event, now);
      case 'describe':
        session.details = shareDetails({ ...session.details, ...event.details });
        if (event.profile !== undefined) {
          session.user.profile = event.profile;
          this.#step.outcome.saveUser(session.user);
        }
        return this.#step.outcome.saveSession(session);
      case 'renew':
        return this.#renew(session, event, now);
      case 'lost':
        return this.#lose(session, event.graceMs ?? session.graceMs, now);
      case 'resume':
        return this.#resume(session, now);
      case 'leave':
        this.#end(session, event.reason, now, event.elsewhere !== true);
        return settle(session.user, this.#step.options, this.#step.outcome, now);
      case 'show':
        return this.#show(session, event.shown, now);
    }
  }

  /** Begins a session. */
  open(user: User, event: Extract<EngineEvent, { type: 'open' }>, now: number): void {
    if (this.#table.find(event.session) !== -1) return;
    const { session: number, details, deviceKey, graceMs = this.#step.options.graceMs } = event;
    const session = this.#table.add(user, { number, details, deviceKey, graceMs, startedAt: now });
    session.kind = event.kind;
    if (event.kind === 'lease') session.untilAt = now + (event.leaseMs ?? 0);
    session.answersPing = event.answersPing ?? false;
    if (session.answersPing) session.lifeDueAt = now + this.#step.options.signOfLifeMs;
    session.background = event.background ?? false;
    if (event.profile !== undefined && event.profile !== null) user.profile = event.profile;
    this.#replaceForerunners(session, now);
    this.#step.outcome.saveSession(session);
    touch(session, this.#step.outcome, now);
    if (counts(session)) user.activeAt = now;
    this.#step.outcome.saveUser(user);
    this.#settleSession(session, now);
  }

  // A client that comes back gives its lost session up silently; so do sessions taken over from a process that ended, of which nothing is
  // known but the user. A lease is no sign that a client with a connection is back.
  #replaceForerunners(session: Session, now: number): void {
    const { kind, deviceKey } = session;
    for (let each = session.user.firstSession; each !== null; ) {
      const next = each.next;
      const sameDevice = deviceKey !== null && each.deviceKey === deviceKey;
      if (each.state === 'lost' && (sameDevice || (each.recovered && kind === 'link'))) this.#end(each, 'resumed', now, false);
      each = next;
    }
  }

  /** Takes over what an earlier process left. */
  recover(user: User, event: Extract<EngineEvent, { type: 'recover' }>, now: number): void {
    if (this.#table.find(event.session) !== -1) return;
    const { lease, seenAt } = event;
    const { graceMs } = this.#step.options;
    const session = this.#table.add(user, { number: event.session, details: event.details, deviceKey: null, graceMs, startedAt: seenAt });
    session.kind = lease === null ? 'link' : 'lease';
    session.recovered = true;
    if (lease === null) {
      session.state = 'lost';
      session.untilAt = now + (event.graceMs ?? graceMs);
    } else {
      session.untilAt = lease.untilAt;
      session.storedId = lease.storedId;
      session.startedAt = lease.startedAt;
      session.shown = lease.shown;
    }
    this.#step.outcome.saveSession(session);
    // A lease that goes on was renewed later than its user was last written down. That is no return: of one it would be written.
    const { held } = user;
    if (counts(session)) see(user, seenAt, now);
    this.#settleSession(session, now);
    user.held = held;
  }

  // By far the most frequent event: it works on packed numbers alone, and fetches neither session nor user.
  #alive(row: number, of: 'page' | 'link', now: number): void {
    const { rows } = this.#table;
    const bits = rows.bits(row);
    if ((bits & NOT_LIVE) !== 0) return;
    rows.setSeenAt(row, now);
    if ((bits & NOT_COUNTING) === 0 && ((bits & BIT.revealed) !== 0 || !this.#step.roster.times.see(rows.user(row), now)))
      touch(this.#table.at(row), this.#step.outcome, now);
    if (of === 'link') return;
    if (rows.lifeDueAt(row) !== Number.POSITIVE_INFINITY) rows.setLifeDueAt(row, now + this.#step.options.signOfLifeMs);
    rows.setBits(row, bits & ~(BIT.asked | BIT.suspect | BIT.revealed));
    if ((bits & BIT.suspect) !== 0) this.#settleSession(this.#table.at(row), now);
  }

  #act(session: Session, event: Extract<EngineEvent, { type: 'activity' }>, now: number): void {
    if (session.state !== 'live') return;
    this.#alive(session.row, 'page', now);
    if (event.screen !== undefined && event.screen !== session.details.screen) {
      session.details = shareDetails({ ...session.details, screen: event.screen });
      this.#step.outcome.saveSession(session);
    }
    session.background = event.background ?? session.background;
    this.#activeAt(session, now - event.idleMs);
    this.#settleIfAwayChanged(session, now);
  }

  #activeAt(session: Session, at: number): void {
    if (at > session.activeAt) session.activeAt = at;
    const { user } = session;
    if (counts(session) && (user.activeAt === null || session.activeAt > user.activeAt)) user.activeAt = session.activeAt;
  }

  #renew(session: Session, event: Extract<EngineEvent, { type: 'renew' }>, now: number): void {
    if (session.kind !== 'lease' || session.state !== 'live') return;
    touch(session, this.#step.outcome, now);
    session.untilAt = now + event.leaseMs;
    session.background = event.background;
    session.details = shareDetails({ ...session.details, ...event.details });
    if (!event.background) this.#activeAt(session, now);
    this.#step.outcome.saveSession(session);
    this.#settleSession(session, now);
  }

  #lose(session: Session, graceMs: number, now: number): void {
    if (session.state !== 'live') return;
    session.state = 'lost';
    session.untilAt = now + graceMs;
    session.lifeDueAt = Number.POSITIVE_INFINITY;
    this.#step.outcome.saveSession(session);
    if (graceMs > 0) return this.#step.deadlines.ensure(session.row, session.untilAt);
    this.#end(session, 'lost', now, false);
    settle(session.user, this.#step.options, this.#step.outcome, now);
  }

  #resume(session: Session, now: number): void {
    if (session.state !== 'lost') return;
    session.state = 'live';
    session.untilAt = Number.POSITIVE_INFINITY;
    session.recovered = false;
    // Somebody signed in for it again: the page lives, and is asked from now on as before.
    session.suspect = false;
    session.asked = false;
    if (session.answersPing) session.lifeDueAt = now + this.#step.options.signOfLifeMs;
    touch(session, this.#step.outcome, now);
    this.#step.outcome.saveSession(session);
    this.#settleSession(session, now);
  }

  #show(session: Session, shown: boolean, now: number): void {
    if (session.shown === shown) return;
    // Whoever hides was there until now, and from now on leaves no trace.
    touch(session, this.#step.outcome, now);
    session.shown = shown;
    touch(session, this.#step.outcome, now);
    if (shown) this.#activeAt(session, now);
    this.#step.outcome.saveSession(session);
    this.#settleSession(session, now);
  }

  // `proof`: the end itself is a sign of life (a goodbye), not merely noticed.
  #end(session: Session, reason: string, now: number, proof: boolean): void {
    if (proof && session.state === 'live') touch(session, this.#step.outcome, now);
    this.#step.deadlines.remove(session.row);
    this.#table.end(session, reason);
    this.#step.outcome.saveSession(session);
    if (reason !== 'left') this.#step.outcome.end(session);
  }

  #settleSession(session: Session, now: number): void {
    settle(session.user, this.#step.options, this.#step.outcome, now);
    if (session.state !== 'ended') this.#step.deadlines.ensure(session.row, nextDueAt(session, this.#step.options));
  }

  // Where nothing else of the session can have changed that its user's facts are made of.
  #settleIfAwayChanged(session: Session, now: number): void {
    if (session.away !== isAway(session, this.#step.options, now)) this.#settleSession(session, now);
  }

  /** A deadline of the session in this row has come, or what was one when it was set. */
  due(row: number, now: number): void {
    const figures = this.#figures.moveTo(row);
    const isDue = Math.min(figures.untilAt, figures.lifeDueAt) <= now || figures.away !== isAway(figures, this.#step.options, now);
    if (isDue) this.#attend(this.#table.at(row), now);
    // As a rule there was a sign of life in the meantime, and neither session nor user need be fetched.
    else this.#step.deadlines.ensure(row, nextDueAt(figures, this.#step.options));
  }

  #attend(session: Session, now: number): void {
    if (session.untilAt <= now) {
      this.#end(session, session.state === 'lost' ? 'lost' : 'expired', now, false);
      return settle(session.user, this.#step.options, this.#step.outcome, now);
    }
    if (session.lifeDueAt <= now) this.#askOrSuspect(session, now);
    this.#settleIfAwayChanged(session, now);
    this.#step.deadlines.ensure(session.row, nextDueAt(session, this.#step.options));
  }

  #askOrSuspect(session: Session, now: number): void {
    if (session.asked) {
      session.suspect = true;
      session.lifeDueAt = now + this.#step.options.signOfLifeMs;
      session.asked = false;
      return;
    }
    session.asked = true;
    session.lifeDueAt = now + this.#step.options.signOfLifeAnswerMs;
    this.#step.outcome.ask(session);
  }

  /** Ends every session of a user that began until `at`. That somebody was signed out does not show that they were there. */
  signOut(user: User, reason: string, at: number, now: number): void {
    user.signedOutAt = at;
    this.#step.outcome.saveUser(user);
    this.#endAll(user, ({ startedAt }) => startedAt <= at, reason, now);
    settle(user, this.#step.options, this.#step.outcome, now);
  }

  /** Ends, silently, what was taken over of a process that ended: its user has come back elsewhere. */
  giveUpRecovered(user: User, now: number): void {
    this.#endAll(user, ({ state, recovered }) => state === 'lost' && recovered, 'resumed', now);
  }

  #endAll(user: User, which: (session: Session) => boolean, reason: string, now: number): void {
    for (let session = user.firstSession; session !== null; ) {
      const { next } = session;
      if (which(session)) this.#end(session, reason, now, false);
      session = next;
    }
  }
}
