import { Deadlines } from './deadlines.ts';
import type { EngineEvent, Outcome } from './events.ts';
import { OutcomeBuilder } from './outcome.ts';
import { ENGINE_DEFAULTS, type EngineOptions } from './policy.ts';
import { Roster } from './roster.ts';
import { Session } from './session.ts';
import { applyRelation, applySettings, endClaim } from './settings.ts';
import { counts, nextDueAt, settle, touch } from './settle.ts';
import { Typing, TypingTable } from './typing.ts';
import { User } from './user.ts';

/**
 * Decides who is present. A deterministic function of its events and the times given with them: it never sends, saves, waits or reads a
 * clock. `step` says what the shell has to carry out; `nextAt` when it wants to be stepped again.
 */
export class Engine {
  readonly roster: Roster;
  readonly #options: EngineOptions;
  readonly #deadlines = new Deadlines();
  readonly #sessions = new Map<number, Session>();
  readonly #typing = new TypingTable();
  #outcome = new OutcomeBuilder();

  constructor(options: Partial<EngineOptions> = {}) {
    this.#options = Object.freeze({ ...ENGINE_DEFAULTS, ...options });
    this.roster = new Roster(this.#options);
  }

  /** Epoch milliseconds of the earliest deadline; Infinity when there is none. */
  nextAt(): number {
    return this.#deadlines.nextAt();
  }

  session(number: number): Session | undefined {
    return this.#sessions.get(number);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Takes one event into account, after everything that was due by then. */
  step(event: EngineEvent, now: number): Outcome {
    if (this.#deadlines.nextAt() <= now) this.#advance(now);
    this.#apply(event, now);
    return this.#take();
  }

  /** Forgets a user that nothing refers to any more; false when something does. The store still knows the user. */
  evict(user: User): boolean {
    if (user.firstSession !== null || user.remoteSlots !== null || user.heapIndex !== -1) return false;
    return this.roster.remove(user);
  }

  #take(): Outcome {
    if (this.#outcome.isEmpty) return OutcomeBuilder.NOTHING;
    const outcome = this.#outcome;
    this.#outcome = new OutcomeBuilder();
    return outcome;
  }

  #apply(event: EngineEvent, now: number): void {
    switch (event.type) {
      case 'loaded':
        for (const loaded of event.users) this.#load(event.tenant, loaded, now);
        return;
      case 'open':
        return this.#open(event, now);
      case 'recover':
        return this.#recover(event, now);
      case 'settings': {
        const user = this.roster.find(event.tenant, event.user);
        if (user === undefined) return;
        this.#set(user, event, now);
        if (user.claim.untilAt !== Number.POSITIVE_INFINITY) this.#deadlines.ensure(user, user.claim.untilAt);
        return;
      }
      case 'relate': {
        const user = this.roster.find(event.tenant, event.user);
        if (user !== undefined) applyRelation(user, event, this.#outcome, now);
        return;
      }
      case 'sign-out': {
        const user = this.roster.find(event.tenant, event.user);
        if (user !== undefined) this.#signOut(user, event.reason, now);
        return;
      }
      case 'slot':
        return this.#receive(event, now);
      case 'typing':
        return this.#type(event, now);
      case 'time':
        return;
      default: {
        const session = this.#sessions.get(event.session);
        if (session !== undefined) this.#applyToSession(session, event, now);
      }
    }
  }

  #applyToSession(
    session: Session,
    event: Extract<EngineEvent, { type: 'alive' | 'activity' | 'describe' | 'renew' | 'lost' | 'resume' | 'leave' | 'show' }>,
    now: number,
  ): void {
    switch (event.type) {
      case 'alive':
        if (session.state === 'live') this.#alive(session, event.of, now);
        return;
      case 'activity':
        return this.#act(session, event, now);
      case 'describe':
        Object.assign(session.details, event.details);
        return this.#outcome.saveSession(session);
      case 'renew':
        return this.#renew(session, event, now);
      case 'lost':
        return this.#lose(session, event.graceMs ?? session.graceMs, now);
      case 'resume':
        return this.#resume(session, now);
      case 'leave':
        this.#end(session, event.reason, now, true);
        return settle(session.user, this.#options, this.#outcome, now);
      case 'show':
        return this.#show(session, event.shown, now);
    }
  }

  #set(user: User, event: Extract<EngineEvent, { type: 'settings' }>, now: number): void {
    const wasOptedOut = user.facts.policy.optedOut;
    applySettings(user, event, this.#outcome, now);
    if (wasOptedOut === user.facts.policy.optedOut) return;
    // What was connected all along counts from now on, and is being seen now.
    for (let session = user.firstSession; session !== null; session = session.next) {
      if (session.state === 'live') touch(session, now);
      this.#outcome.saveSession(session);
    }
    settle(user, this.#options, this.#outcome, now);
  }

  #load(tenant: string, loaded: Parameters<Roster['load']>[1], now: number): void {
    const user = this.roster.load(tenant, loaded);
    if (user === undefined || user.claim.untilAt === Number.POSITIVE_INFINITY) return;
    if (user.claim.untilAt <= now) endClaim(user, this.#outcome, now);
    else this.#deadlines.ensure(user, user.claim.untilAt);
  }

  #open(event: Extract<EngineEvent, { type: 'open' }>, now: number): void {
    const user = this.roster.find(event.tenant, event.user);
    if (user === undefined || this.#sessions.has(event.session)) return;
    const session = new Session(
      event.session,
      user,
      event.kind,
      event.details,
      event.deviceKey,
      event.graceMs ?? this.#options.graceMs,
      now,
    );
    if (event.kind === 'lease') session.untilAt = now + (event.leaseMs ?? 0);
    if (event.answersPing === true) session.lifeDueAt = now + this.#options.signOfLifeMs;
    session.background = event.background ?? false;
    if (event.profile !== undefined && event.profile !== null) user.profile = event.profile;
    this.#replaceForerunners(session, now);
    this.#add(session);
    touch(session, now);
    if (counts(session)) user.activeAt = now;
    this.#outcome.saveUser(user);
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
    this.#outcome.saveSession(session);
  }

  #recover(event: Extract<EngineEvent, { type: 'recover' }>, now: number): void {
    const user = this.roster.find(event.tenant, event.user);
    if (user === undefined || this.#sessions.has(event.session)) return;
    const { lease, seenAt } = event;
    const session = new Session(event.session, user, lease === null ? 'link' : 'lease', event.details, null, this.#options.graceMs, seenAt);
    session.recovered = true;
    if (lease === null) {
      session.state = 'lost';
      session.untilAt = now + this.#options.graceMs;
    } else {
      session.untilAt = lease.untilAt;
      session.storedId = lease.storedId;
      session.startedAt = lease.startedAt;
      session.shown = lease.shown;
    }
    this.#add(session);
    this.#settleSession(session, now);
  }

  #alive(session: Session, of: 'page' | 'link', now: number): void {
    touch(session, now);
    if (of === 'link') return;
    session.asked = false;
    if (session.lifeDueAt !== Number.POSITIVE_INFINITY) session.lifeDueAt = now + this.#options.signOfLifeMs;
    if (!session.suspect) return;
    session.suspect = false;
    this.#settleSession(session, now);
  }

  #act(session: Session, event: Extract<EngineEvent, { type: 'activity' }>, now: number): void {
    if (session.state !== 'live') return;
    this.#alive(session, 'page', now);
    if (event.screen !== undefined && event.screen !== session.details.screen) {
      session.details.screen = event.screen;
      this.#outcome.saveSession(session);
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
    Object.assign(session.details, event.details);
    if (!event.background) this.#activeAt(session, now);
    this.#outcome.saveSession(session);
    this.#settleSession(session, now);
  }

  #lose(session: Session, graceMs: number, now: number): void {
    if (session.state !== 'live') return;
    session.state = 'lost';
    session.untilAt = now + graceMs;
    session.lifeDueAt = Number.POSITIVE_INFINITY;
    this.#outcome.saveSession(session);
    if (graceMs > 0) return this.#deadlines.ensure(session, session.untilAt);
    this.#end(session, 'lost', now, false);
    settle(session.user, this.#options, this.#outcome, now);
  }

  #resume(session: Session, now: number): void {
    if (session.state !== 'lost') return;
    session.state = 'live';
    session.untilAt = Number.POSITIVE_INFINITY;
    session.recovered = false;
    touch(session, now);
    this.#outcome.saveSession(session);
    this.#settleSession(session, now);
  }

  #show(session: Session, shown: boolean, now: number): void {
    if (session.shown === shown) return;
    // Whoever hides was there until now, and from now on leaves no trace.
    touch(session, now);
    session.shown = shown;
    touch(session, now);
    if (shown) this.#activeAt(session, now);
    this.#outcome.saveSession(session);
    this.#settleSession(session, now);
  }

  // `proof`: the end itself is a sign of life (a goodbye), not merely noticed.
  #end(session: Session, reason: string, now: number, proof: boolean): void {
    if (proof && session.state === 'live') touch(session, now);
    this.#deadlines.remove(session);
    this.#sessions.delete(session.number);
    const { user } = session;
    if (user.firstSession === session) user.firstSession = session.next;
    else for (let each = user.firstSession; each !== null; each = each.next) if (each.next === session) each.next = session.next;
    session.state = 'ended';
    session.endReason = reason;
    session.next = null;
    this.#outcome.saveSession(session);
    if (reason !== 'left') this.#outcome.end(session);
  }

  #signOut(user: User, reason: string, now: number): void {
    user.signedOutAt = now;
    this.#outcome.saveUser(user);
    while (user.firstSession !== null) this.#end(user.firstSession, reason, now, true);
    settle(user, this.#options, this.#outcome, now);
  }

  #settleSession(session: Session, now: number): void {
    settle(session.user, this.#options, this.#outcome, now);
    if (session.state !== 'ended') this.#deadlines.ensure(session, nextDueAt(session, this.#options));
  }

  #receive(event: Extract<EngineEvent, { type: 'slot' }>, now: number): void {
    const user = this.roster.find(event.tenant, event.user);
    if (user === undefined) return;
    if (event.slot !== null) {
      user.remoteSlots ??= new Map();
      user.remoteSlots.set(event.node, event.slot);
    } else if (user.remoteSlots?.delete(event.node) === true && user.remoteSlots.size === 0) user.remoteSlots = null;
    if (event.seenAt !== null && (user.seenAt === null || event.seenAt > user.seenAt)) user.seenAt = event.seenAt;
    if (event.activeAt !== null && (user.activeAt === null || event.activeAt > user.activeAt)) user.activeAt = event.activeAt;
    settle(user, this.#options, this.#outcome, now);
  }

  #type(event: Extract<EngineEvent, { type: 'typing' }>, now: number): void {
    const stopped = this.#typing.set(event, now + this.#options.typingMs, this.#deadlines);
    if (event.isTyping || stopped) this.#outcome.type({ ...event, autoStopped: false });
  }

  #advance(now: number): void {
    for (let item = this.#deadlines.takeDue(now); item !== undefined; item = this.#deadlines.takeDue(now)) {
      if (item instanceof Session) this.#sessionDue(item, now);
      else if (item instanceof User) this.#userDue(item, now);
      else if (item instanceof Typing) this.#outcome.type({ ...this.#typing.end(item), isTyping: false, autoStopped: true });
    }
  }

  #sessionDue(session: Session, now: number): void {
    if (session.untilAt <= now) {
      this.#end(session, session.state === 'lost' ? 'lost' : 'expired', now, false);
      return settle(session.user, this.#options, this.#outcome, now);
    }
    if (session.lifeDueAt <= now) this.#askOrSuspect(session, now);
    this.#settleSession(session, now);
  }

  #askOrSuspect(session: Session, now: number): void {
    if (session.asked) {
      session.suspect = true;
      session.lifeDueAt = now + this.#options.signOfLifeMs;
      session.asked = false;
      return;
    }
    session.asked = true;
    session.lifeDueAt = now + this.#options.signOfLifeAnswerMs;
    this.#outcome.ask(session);
  }

  #userDue(user: User, now: number): void {
    if (user.claim.untilAt > now) return this.#deadlines.ensure(user, user.claim.untilAt);
    endClaim(user, this.#outcome, now);
    settle(user, this.#options, this.#outcome, now);
  }
}
