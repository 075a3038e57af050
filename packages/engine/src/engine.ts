import { Deadlines } from './deadlines.ts';
import type { EngineEvent, Outcome } from './events.ts';
import { OutcomeBuilder } from './outcome.ts';
import { ENGINE_DEFAULTS, type EngineOptions } from './policy.ts';
import { Roster } from './roster.ts';
import { Session } from './session.ts';
import { Sessions, type StepContext } from './sessions.ts';
import { applyRelation, applySettings, endClaim } from './settings.ts';
import { settle, touch } from './settle.ts';
import { Typing, TypingTable } from './typing.ts';
import { User } from './user.ts';

/**
 * Decides who is present. A deterministic function of its events and the times given with them: it never sends, saves, waits or reads a
 * clock. `step` says what the shell has to carry out; `nextAt` when it wants to be stepped again.
 */
export class Engine {
  readonly roster: Roster;
  readonly #step: StepContext;
  readonly #sessions: Sessions;
  readonly #typing = new TypingTable();

  constructor(options: Partial<EngineOptions> = {}) {
    this.#step = {
      options: Object.freeze({ ...ENGINE_DEFAULTS, ...options }),
      deadlines: new Deadlines(),
      outcome: new OutcomeBuilder(),
    };
    this.#sessions = new Sessions(this.#step);
    this.roster = new Roster(this.#step.options);
  }

  /** Epoch milliseconds of the earliest deadline; Infinity when there is none. */
  nextAt(): number {
    return this.#step.deadlines.nextAt();
  }

  session(number: number): Session | undefined {
    return this.#sessions.get(number);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Takes one event into account, after everything that was due by then. */
  step(event: EngineEvent, now: number): Outcome {
    if (this.#step.deadlines.nextAt() <= now) this.#advance(now);
    this.#apply(event, now);
    return this.#take();
  }

  /** Forgets a user that nothing refers to any more; false when something does. The store still knows the user. */
  evict(user: User): boolean {
    if (user.firstSession !== null || user.remoteSlots !== null || user.heapIndex !== -1) return false;
    return this.roster.remove(user);
  }

  #take(): Outcome {
    if (this.#step.outcome.isEmpty) return OutcomeBuilder.NOTHING;
    const outcome = this.#step.outcome;
    this.#step.outcome = new OutcomeBuilder();
    return outcome;
  }

  #apply(event: EngineEvent, now: number): void {
    switch (event.type) {
      case 'loaded':
        for (const loaded of event.users) this.#load(event.tenant, loaded, now);
        return;
      case 'open':
      case 'recover':
      case 'settings':
      case 'relate':
      case 'sign-out':
      case 'slot': {
        const user = this.roster.find(event.tenant, event.user);
        if (user !== undefined) this.#applyToUser(user, event, now);
        return;
      }
      case 'typing':
        return this.#type(event, now);
      case 'time':
        return;
      default:
        this.#sessions.apply(event, now);
    }
  }

  #applyToUser(
    user: User,
    event: Extract<EngineEvent, { type: 'open' | 'recover' | 'settings' | 'relate' | 'sign-out' | 'slot' }>,
    now: number,
  ): void {
    switch (event.type) {
      case 'open':
        return this.#sessions.open(user, event, now);
      case 'recover':
        return this.#sessions.recover(user, event, now);
      case 'settings':
        return this.#set(user, event, now);
      case 'relate':
        return applyRelation(user, event, this.#step.outcome, now);
      case 'sign-out':
        return this.#sessions.signOut(user, event.reason, now);
      case 'slot':
        return this.#receive(user, event, now);
    }
  }

  #set(user: User, event: Extract<EngineEvent, { type: 'settings' }>, now: number): void {
    const wasOptedOut = user.facts.policy.optedOut;
    applySettings(user, event, this.#step.outcome, now);
    if (user.claim.untilAt !== Number.POSITIVE_INFINITY) this.#step.deadlines.ensure(user, user.claim.untilAt);
    if (wasOptedOut === user.facts.policy.optedOut) return;
    // What was connected all along counts from now on, and is being seen now.
    for (let session = user.firstSession; session !== null; session = session.next) {
      if (session.state === 'live') touch(session, now);
      this.#step.outcome.saveSession(session);
    }
    settle(user, this.#step.options, this.#step.outcome, now);
  }

  #load(tenant: string, loaded: Parameters<Roster['load']>[1], now: number): void {
    const user = this.roster.load(tenant, loaded);
    if (user === undefined || user.claim.untilAt === Number.POSITIVE_INFINITY) return;
    if (user.claim.untilAt <= now) endClaim(user, this.#step.outcome, now);
    else this.#step.deadlines.ensure(user, user.claim.untilAt);
  }

  #receive(user: User, event: Extract<EngineEvent, { type: 'slot' }>, now: number): void {
    if (event.slot !== null) {
      user.remoteSlots ??= new Map();
      user.remoteSlots.set(event.node, event.slot);
    } else if (user.remoteSlots?.delete(event.node) === true && user.remoteSlots.size === 0) user.remoteSlots = null;
    if (user.facts.policy.optedOut) return;
    if (event.seenAt !== null && (user.seenAt === null || event.seenAt > user.seenAt)) user.seenAt = event.seenAt;
    if (event.activeAt !== null && (user.activeAt === null || event.activeAt > user.activeAt)) user.activeAt = event.activeAt;
    settle(user, this.#step.options, this.#step.outcome, now);
  }

  #type(event: Extract<EngineEvent, { type: 'typing' }>, now: number): void {
    const stopped = this.#typing.set(event, now + this.#step.options.typingMs, this.#step.deadlines);
    if (event.isTyping || stopped) this.#step.outcome.type({ ...event, autoStopped: false });
  }

  #advance(now: number): void {
    for (let item = this.#step.deadlines.takeDue(now); item !== undefined; item = this.#step.deadlines.takeDue(now)) {
      if (item instanceof Session) this.#sessions.due(item, now);
      else if (item instanceof User) this.#userDue(item, now);
      else if (item instanceof Typing) this.#step.outcome.type({ ...this.#typing.end(item), isTyping: false, autoStopped: true });
    }
  }

  #userDue(user: User, now: number): void {
    if (user.claim.untilAt > now) return this.#step.deadlines.ensure(user, user.claim.untilAt);
    endClaim(user, this.#step.outcome, now);
    settle(user, this.#step.options, this.#step.outcome, now);
  }
}
