import type { Session, User } from '@porchlight/engine';
import type { Relation, SettingsChange } from './stores/store.ts';
import { keyOf, nameOf, type UserName } from './user-name.ts';

/** What is to be written: which users and sessions, whatever they are like by then, and which relations, in order. */
export class PendingWrites {
  users = new Set<User>();
  sessions = new Set<Session>();
  relations: Relation[] = [];
  /** Only where a store is shared: what is to become of settings, field by field, in order. */
  settings: SettingsChange[] = [];
  /** Users of whom every time and session is to be forgotten first. */
  forget: User[] = [];

  get size(): number {
    return this.users.size + this.sessions.size + this.relations.length + this.settings.length + this.forget.length;
  }

  /** Empties this one into another. */
  take(): PendingWrites {
    const taken = Object.assign(new PendingWrites(), this);
    Object.assign(this, new PendingWrites());
    return taken;
  }

  /** Adds what was noted later. */
  add(later: PendingWrites): void {
    for (const user of later.users) this.users.add(user);
    for (const session of later.sessions) this.sessions.add(session);
    // Not spread into push: a stack holds only so many arguments.
    this.relations = [...this.relations, ...later.relations];
    this.settings = [...this.settings, ...later.settings];
    this.forget = [...this.forget, ...later.forget];
  }

  /** Adds what was noted earlier: of two relations of the same pair, and of two changes of a setting, the later one must stay the last. */
  addBefore(earlier: PendingWrites): void {
    const later = this.take();
    this.add(earlier);
    this.add(later);
  }

  /** The same, a part for each user: a store takes a part whole or not at all. */
  byUser(): PendingWrites[] {
    const parts = new Map<string, PendingWrites>();
    const partOf = (name: UserName) => {
      const key = keyOf(name);
      const part = parts.get(key) ?? new PendingWrites();
      parts.set(key, part);
      return part;
    };
    for (const user of this.users) partOf(nameOf(user)).users.add(user);
    for (const session of this.sessions) partOf(nameOf(session.user)).sessions.add(session);
    for (const relation of this.relations) partOf(relation).relations.push(relation);
    for (const change of this.settings) partOf(change).settings.push(change);
    for (const user of this.forget) partOf(nameOf(user)).forget.push(user);
    return [...parts.values()];
  }

  /** Whether anything of the user's own record is among them. */
  concerns(user: User): boolean {
    return this.users.has(user) || (this.forget.length > 0 && this.forget.includes(user));
  }

  /** Whose writes these are. */
  keys(): Set<string> {
    const users = [...this.users, ...this.forget, ...[...this.sessions].map(({ user }) => user)];
    return new Set([...users.map(nameOf), ...this.relations, ...this.settings].map(keyOf));
  }

  /** The first of `keys`; for a part, the only one. */
  firstKey(): string | undefined {
    return this.keys().values().next().value;
  }
}
