import { isOfEarlierBucket } from './coarse.ts';
import { Deadlines } from './deadlines.ts';
import type { EngineEvent, LoadedUser, Outcome } from './events.ts';
import { OutcomeBuilder } from './outcome.ts';
import { ENGINE_DEFAULTS, type EngineOptions } from './policy.ts';
import { Roster } from './roster.ts';
import type { Session } from './session.ts';
import { Sessions, type StepContext } from './sessions.ts';
import { applyRelation, applySeen, applySettings, applyStored, endClaim } from './settings.ts';
import { holdBack, keepLater, settle, touch } from './settle.ts';
import { TypingTable } from './typing.ts';
import type { User } from './user.ts';
import { coarseSeenAt } from './visibility.ts';

/**
 * Decides who is present. A deterministic function of its events and the times given with them: it never sends, saves, waits or reads a
 * clock. `step` says what the shell has to carry out; `nextAt` when it wants to be stepped again.
 */
export class Engine {
  readonly roster: Roster;
  readonly #step: StepContext;
  readonly #sessions: Sessions;
  /** Of claims, by the index of their user; of typing, by its place in the table. */
  readonly #claimEnds = new Deadlines();
  readonly #typingEnds = new Deadlines();
  readonly #typing = new TypingTable(this.#typingEnds);

  constructor(options: Partial<EngineOptions> = {}) {
    const all = Object.freeze({ ...ENGINE_DEFAULTS, ...options });
    this.roster = new Roster(all.lastSeenBucketMs);
    this.#step = {
      options: all,
      roster: this.roster,
      deadlines: new Deadlines(),
      outcome: new OutcomeBuilder(),
    };
    this.#sessions = new Sessions(this.#step);
  }

  /** Epoch milliseconds of the earliest deadline; Infinity when there is none. */
  nextAt(): number {
    return Math.min(this.#step.deadlines.nextAt(), this.#claimEnds.nextAt(), this.#typingEnds.nextAt());
  }

  session(number: number): Session | undefined {
    return this.#sessions.get(number);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** How much each table holds, and how much room it has taken (`…Table`): what must not grow with time. */
  tableSizes(): Readonly<Record<string, number>> {
    return {
      users: this.roster.size,
      userTable: this.roster.tableSize,
      ...this.#sessions.tableSizes(),
      deadlines: this.#step.deadlines.size,
      claimEnds: this.#claimEnds.size,
      typing: this.#typing.size,
    };
  }

  /** Takes one event into account, after everything that was due by then. */
  step(event: EngineEvent, now: number): Outcome {
    if (this.nextAt() <= now) this.#advance(now);
    this.#apply(event, now);
    return this.#take();
  }

  /** Forgets a user that nothing refers to any more; false when something does. The store still knows the user. */
  evict(user: User): boolean {
    if (user.firstSession !== null || user.remoteSlots !== null || this.#claimEnds.has(user.index)) return false;
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
      case 'reloaded':
        for (const loaded of event.users) this.#reload(event.tenant, loaded, now);
        return;
      case 'open':
      case 'recover':
      case 'settings':
      case 'relate':
      case 'sign-out':
      case 'slot':
      case 'seen': {
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
    event: Extract<EngineEvent, { type: 'open' | 'recover' | 'settings' | 'relate' | 'sign-out' | 'slot' | 'seen' }>,
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
        return this.#sessions.signOut(user, event.reason, now, now);
      case 'slot':
        return this.#receive(user, event, now);
      case 'seen':
        return applySeen(user, event.times, this.#step.outcome, now);
    }
  }

  #set(user: User, event: Extract<EngineEvent, { type: 'settings' }>, now: number): void {
    const wasOptedOut = user.facts.policy.optedOut;
    applySettings(user, event, this.#step.outcome, now);
    this.#settingsChanged(user, wasOptedOut, now);
  }

  #settingsChanged(user: User, wasOptedOut: boolean, now: number): void {
    if (user.claim.untilAt !== Number.POSITIVE_INFINITY) this.#claimEnds.ensure(user.index, user.claim.untilAt);
    if (wasOptedOut === user.facts.policy.optedOut) return;
    // What was connected all along counts from now on, and is being seen now.
    for (let session = user.firstSession; session !== null; session = session.next) {
      if (session.state === 'live') touch(session, this.#step.outcome, now);
      this.#step.outcome.saveSession(session);
    }
    settle(user, this.#step.options, this.#step.outcome, now);
  }

  #load(tenant: string, loaded: LoadedUser, now: number): void {
    const user = this.roster.load(tenant, loaded);
    if (user === undefined || user.claim.untilAt === Number.POSITIVE_INFINITY) return;
    if (user.claim.untilAt <= now) endClaim(user, this.#step.outcome, now);
    else this.#claimEnds.ensure(user.index, user.claim.untilAt);
  }

  #reload(tenant: string, loaded: LoadedUser, now: number): void {
    const user = this.roster.find(tenant, loaded.user);
    if (user === undefined) return;
    const wasOptedOut = user.facts.policy.optedOut;
    if (loaded.signedOutAt !== null && loaded.signedOutAt > (user.signedOutAt ?? 0))
      this.#sessions.signOut(user, 'signed-out', loaded.signedOutAt, now);
    applyStored(user, loaded, this.#step.outcome, now);
    this.#settingsChanged(user, wasOptedOut, now);
    if (user.claim.untilAt <= now) endClaim(user, this.#step.outcome, now);
  }

  #receive(user: User, event: Extract<EngineEvent, { type: 'slot' }>, now: number): void {
    // Whoever is back on another node is not waited for here any more.
    if (event.slot?.certainty === 'certain' && user.remoteSlots?.has(event.node) !== true) this.#sessions.giveUpRecovered(user, now);
    const { held, facts } = user;
    const { optedOut } = facts.policy;
    const was = coarseSeenAt(user, now);
    // Not after: while that node has the user, such a time is no return.
    if (!optedOut) keepLater(user, event, now);
    if (event.slot !== null) {
      user.remoteSlots ??= new Map();
      user.remoteSlots.set(event.node, event.slot);
    } else user.remoteSlots?.delete(event.node);
    if (!optedOut) settle(user, this.#step.options, this.#step.outcome, now);
    // Whoever was there before this bucket began does not return in it, though only now heard of.
    if (event.slot?.certainty === 'certain' && isOfEarlierBucket(event.slot.sinceAt, this.#step.options.lastSeenBucketMs, now))
      user.held = held;
    else holdBack(user, was, now);
    // Not before: until the facts are settled without them, this node's slot is kept with those of the others.
    if (user.remoteSlots?.size === 0) user.remoteSlots = null;
  }

  #type(event: Extract<EngineEvent, { type: 'typing' }>, now: number): void {
    const stopped = this.#typing.set(event, now + this.#step.options.typingMs);
    if (event.isTyping || stopped) this.#step.outcome.type({ ...event, autoStopped: false });
  }

  #advance(now: number): void {
    const { deadlines } = this.#step;
    for (let at = this.nextAt(); at <= now; at = this.nextAt()) {
      if (deadlines.nextAt() === at) this.#sessions.due(deadlines.takeDue(now), now);
      else if (this.#claimEnds.nextAt() === at) this.#userDue(this.roster.at(this.#claimEnds.takeDue(now)) as User, now);
      else this.#step.outcome.type({ ...this.#typing.end(this.#typingEnds.takeDue(now)), isTyping: false, autoStopped: true });
    }
  }

  #userDue(user: User, now: number): void {
    if (user.claim.untilAt > now) return this.#claimEnds.ensure(user.index, user.claim.untilAt);
    endClaim(user, this.#step.outcome, now);
    settle(user, this.#step.options, this.#step.outcome, now);
  }
}
