import type { Deadlines } from './deadlines.ts';
import type { EngineEvent } from './events.ts';
import type { OutcomeBuilder } from './outcome.ts';
import type { EngineOptions } from './policy.ts';
import { Session } from './session.ts';
import { counts, nextDueAt, settle, touch } from './settle.ts';
import { shareDetails } from './shared-details.ts';
import type { User } from './user.ts';

/** What happens within one step of the engine has in common; `outcome` is another one in each step. */
export interface StepContext {
  readonly options: EngineOptions;
  readonly deadlines: Deadlines;
  outcome: OutcomeBuilder;
}

type SessionEvent = Extract<EngineEvent, { type: 'alive' | 'activity' | 'describe' | 'renew' | 'lost' | 'resume' | 'leave' | 'show' }>;

/** All sessions on this node, and what can happen to one: the picture is at `Session`. */
export class Sessions {
  readonly #step: StepContext;
  readonly #sessions = new Map<number, Session>();

  constructor(step: StepContext) {
    this.#step = step;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(number: number): Session | undefined {
    return this.#sessions.get(number);
  }

  /** Takes in what happened to one session; to one that has ended, nothing happens. */
  apply(event: SessionEvent, now: number): void {
    const session = this.#sessions.get(event.session);
    if (session === undefined) return;
    switch (event.type) {
      case 'alive':
        if (session.state === 'live') this.#alive(session, event.of, now);
        return;
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
        this.#end(session, event.reason, now, true);
        return settle(session.user, this.#step.options, this.#step.outcome, now);
      case 'show':
        return this.#show(session, event.shown, now);
    }
  }

  /** Begins a session. */
  open(user: User, event: Extract<EngineEvent, { type: 'open' }>, now: number): void {
    if (this.#sessions.has(event.session)) return;
    const session = new Session(
      event.session,
      user,
      event.kind,
      shareDetails(event.details),
      event.deviceKey,
      event.graceMs ?? this.#step.options.graceMs,
      now,
    );
    if (event.kind === 'lease') session.untilAt = now + (event.leaseMs ?? 0);
    session.answersPing = event.answersPing ?? false;
    if (session.answersPing) session.lifeDueAt = now + this.#step.options.signOfLifeMs;
    session.background = event.background ?? false;
    if (event.profile !== undefined && event.profile !== null) user.profile = event.profile;
    this.#replaceForerunners(session, now);
    this.#add(session);
    touch(session, now);
    if (counts(session)) user.activeAt = now;
    this.#step.outcome.saveUser(user);
    this.#settleSession(session, now);
  }

  // A client that comes back gives its lost session up silently; so do sessions taken over from a process that ended, of which nothing is
  // known but the user.
  #replaceForerunners(session: Session, now: number): void {
    for (let each = session.user.firstSession; each !== null; ) {
      const next = each.next;
      const sameDevice = session.deviceKey !== null && each.deviceKey === session.deviceKey;
      if (each.state === 'lost' && (sameDevice || each.recovered)) this.#end(each, 'resumed', now, false);
      each = next;
    }
  }

  #add(session: Session): void {
    this.#sessions.set(session.number, session);
    session.next = session.user.firstSession;
    session.user.firstSession = session;
    this.#step.outcome.saveSession(session);
  }

  /** Takes over what an earlier process left. */
  recover(user: User, event: Extract<EngineEvent, { type: 'recover' }>, now: number): void {
    if (this.#sessions.has(event.session)) return;
    const { lease, seenAt } = event;
    const session = new Session(
      event.session,
      user,
      lease === null ? 'link' : 'lease',
      shareDetails(event.details),
      null,
      this.#step.options.graceMs,
      seenAt,
    );
    session.recovered = true;
    if (lease === null) {
      session.state = 'lost';
      session.untilAt = now + this.#step.options.graceMs;
    } else {
      session.untilAt = lease.untilAt;
      session.storedId = lease.storedId;
      session.startedAt = lease.startedAt;
      session.shown = lease.shown;
    }
    this.#add(session);
    // A lease that goes on was renewed later than its user was last written down.
    if (counts(session) && (user.seenAt === null || seenAt > user.seenAt)) user.seenAt = seenAt;
    this.#settleSession(session, now);
  }

  #alive(session: Session, of: 'page' | 'link', now: number): void {
    touch(session, now);
    if (of === 'link') return;
    session.asked = false;
    if (session.lifeDueAt !== Number.POSITIVE_INFINITY) session.lifeDueAt = now + this.#step.options.signOfLifeMs;
    if (!session.suspect) return;
    session.suspect = false;
    this.#settleSession(session, now);
  }

  #act(session: Session, event: Extract<EngineEvent, { type: 'activity' }>, now: number): void {
    if (session.state !== 'live') return;
    this.#alive(session, 'page', now);
    if (event.screen !== undefined && event.screen !== session.details.screen) {
      session.details = shareDetails({ ...session.details, screen: event.screen });
      this.#step.outcome.saveSession(session);
    }
    session.background = event.background ?? session.background;
    this.#activeAt(session, now - event.idleMs);
    this.#settleSession(session, now);
  }

  #activeAt(session: Session, at: number): void {
    if (at > session.activeAt) session.activeAt = at;
    const { user } = session;
    if (counts(session) && (user.activeAt === null || session.activeAt > user.activeAt)) user.activeAt = session.activeAt;
  }

  #renew(session: Session, event: Extract<EngineEvent, { type: 'renew' }>, now: number): void {
    if (session.kind !== 'lease' || session.state !== 'live') return;
    touch(session, now);
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
    if (graceMs > 0) return this.#step.deadlines.ensure(session, session.untilAt);
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
    touch(session, now);
    this.#step.outcome.saveSession(session);
    this.#settleSession(session, now);
  }

  #show(session: Session, shown: boolean, now: number): void {
    if (session.shown === shown) return;
    // Whoever hides was there until now, and from now on leaves no trace.
    touch(session, now);
    session.shown = shown;
    touch(session, now);
    if (shown) this.#activeAt(session, now);
    this.#step.outcome.saveSession(session);
    this.#settleSession(session, now);
  }

  // `proof`: the end itself is a sign of life (a goodbye), not merely noticed.
  #end(session: Session, reason: string, now: number, proof: boolean): void {
    if (proof && session.state === 'live') touch(session, now);
    this.#step.deadlines.remove(session);
    this.#sessions.delete(session.number);
    const { user } = session;
    if (user.firstSession === session) user.firstSession = session.next;
    else for (let each = user.firstSession; each !== null; each = each.next) if (each.next === session) each.next = session.next;
    session.state = 'ended';
    session.endReason = reason;
    session.next = null;
    this.#step.outcome.saveSession(session);
    if (reason !== 'left') this.#step.outcome.end(session);
  }

  #settleSession(session: Session, now: number): void {
    settle(session.user, this.#step.options, this.#step.outcome, now);
    if (session.state !== 'ended') this.#step.deadlines.ensure(session, nextDueAt(session, this.#step.options));
  }

  /** A deadline of the session has come, or what was one when it was set. */
  due(session: Session, now: number): void {
    if (session.untilAt <= now) {
      this.#end(session, session.state === 'lost' ? 'lost' : 'expired', now, false);
      return settle(session.user, this.#step.options, this.#step.outcome, now);
    }
    if (session.lifeDueAt <= now) this.#askOrSuspect(session, now);
    this.#settleSession(session, now);
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

  /** Ends every session of a user now. That somebody was signed out does not show that they were there. */
  signOut(user: User, reason: string, now: number): void {
    user.signedOutAt = now;
    this.#step.outcome.saveUser(user);
    while (user.firstSession !== null) this.#end(user.firstSession, reason, now, false);
    settle(user, this.#step.options, this.#step.outcome, now);
  }
}
