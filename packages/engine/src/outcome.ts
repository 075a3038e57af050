import type { Change, Outcome, TypingChange } from './events.ts';
import type { Facts } from './presence.ts';
import type { Session } from './session.ts';
import type { User } from './user.ts';

const NONE: readonly never[] = Object.freeze([]);
/** Up to here looking through a list costs less than a set. */
const SHORT = 16;

/** Collects what a step has to say. Most steps have nothing to say, so lists are made when something is put in. */
export class OutcomeBuilder implements Outcome {
  #named: Set<User | Session> | undefined;

  static readonly NOTHING: Outcome = Object.freeze(new OutcomeBuilder());

  isEmpty = true;
  slots: readonly User[] = NONE;
  users: readonly User[] = NONE;
  sessions: readonly Session[] = NONE;
  forgotten: readonly User[] = NONE;
  changes: readonly Change[] = NONE;
  typing: readonly TypingChange[] = NONE;
  asked: readonly Session[] = NONE;
  ended: readonly Session[] = NONE;

  changeSlot(user: User): void {
    this.slots = this.#with(this.slots, user);
  }

  saveUser(user: User): void {
    if (this.#isNew(this.users, user)) this.users = this.#with(this.users, user);
  }

  saveSession(session: Session): void {
    if (this.#isNew(this.sessions, session)) this.sessions = this.#with(this.sessions, session);
  }

  forget(user: User): void {
    this.forgotten = this.#with(this.forgotten, user);
  }

  change(user: User, before: Facts, after: Facts): void {
    this.changes = this.#with(this.changes, { user, before, after });
  }

  type(change: TypingChange): void {
    this.typing = this.#with(this.typing, change);
  }

  ask(session: Session): void {
    this.asked = this.#with(this.asked, session);
  }

  end(session: Session): void {
    this.ended = this.#with(this.ended, session);
  }

  // Nearly every step names one user; the grace of a hundred thousand may end in one, and comparing each with all the others would take
  // seconds. A set is made only then.
  #isNew(list: readonly (User | Session)[], item: User | Session): boolean {
    if (list.length < SHORT && this.#named === undefined) return !list.includes(item as never);
    this.#named ??= new Set([...this.users, ...this.sessions]);
    if (this.#named.has(item)) return false;
    this.#named.add(item);
    return true;
  }

  #with<T>(list: readonly T[], item: T): readonly T[] {
    this.isEmpty = false;
    if (list === NONE) return [item];
    (list as T[]).push(item);
    return list;
  }
}
