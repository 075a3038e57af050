import type { Change, Outcome, TypingChange } from './events.ts';
import type { Facts } from './presence.ts';
import type { Session } from './session.ts';
import type { User } from './user.ts';

const NONE: readonly never[] = Object.freeze([]);

/** Collects what a step has to say. Most steps have nothing to say, so lists are made when something is put in. */
export class OutcomeBuilder implements Outcome {
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
    if (!this.users.includes(user)) this.users = this.#with(this.users, user);
  }

  saveSession(session: Session): void {
    if (!this.sessions.includes(session)) this.sessions = this.#with(this.sessions, session);
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

  #with<T>(list: readonly T[], item: T): readonly T[] {
    this.isEmpty = false;
    if (list === NONE) return [item];
    (list as T[]).push(item);
    return list;
  }
}
