import type { Roster } from './roster.ts';
import { Session, type SessionDetails } from './session.ts';
import { SessionIndex } from './session-index.ts';
import { SessionRows } from './session-rows.ts';
import { shareDetails } from './shared-details.ts';
import type { User } from './user.ts';

/** Sessions that ended are kept in tables so small that one is soon forgotten whole. */
const ENDED_ROWS = 64;

/** What a session begins with. */
interface Beginning {
  number: number;
  details: SessionDetails;
  deviceKey: string | null;
  graceMs: number;
  startedAt: number;
}

/** All sessions on this node: their figures by row, their rows by number, and the sessions themselves with their users. */
export class SessionTable {
  readonly rows = new SessionRows(256);
  readonly #index = new SessionIndex(this.rows);
  #ended = new SessionRows(ENDED_ROWS);
  readonly #roster: Roster;

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  get size(): number {
    return this.rows.size;
  }

  /** The row of a session; -1 when it has ended or never was. */
  find(number: number): number {
    return this.#index.find(number);
  }

  // An array of these objects would cost each session 9 bytes more.
  at(row: number): Session {
    let session = this.#roster.at(this.rows.user(row))?.firstSession as Session;
    while (session.row !== row) session = session.next as Session;
    return session;
  }

  add(user: User, { number, details, deviceKey, graceMs, startedAt }: Beginning): Session {
    const row = this.rows.take(number, user.index, startedAt, graceMs);
    this.#index.add(row);
    const session = new Session(this.rows, row, user, shareDetails(details), deviceKey);
    session.muted = user.facts.policy.optedOut;
    session.next = user.firstSession;
    user.firstSession = session;
    return session;
  }

  /** Ends a session: whoever still holds it can read it for ever. */
  end(session: Session, reason: string): void {
    const { user } = session;
    this.#index.remove(session.row);
    if (user.firstSession === session) user.firstSession = session.next;
    else for (let each = user.firstSession; each !== null; each = each.next) if (each.next === session) each.next = session.next;
    session.next = null;
    if (this.#ended.size === ENDED_ROWS) this.#ended = new SessionRows(ENDED_ROWS);
    session.endIn(this.#ended, reason);
  }
}
