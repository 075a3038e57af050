import type { DatabaseSync } from 'node:sqlite';
import type { UserName } from '../user-name.ts';
import { inTransaction } from './sqlite-transaction.ts';

/** Writes down the ends of sessions that a dead node left open, which until then only the view `left_sessions` knows. */
export interface Settlement {
  /** False once there is nothing left to settle, so that writers need not look. */
  pending(): boolean;
  /** Says that there is something to settle again, anywhere: the pass starts anew. */
  resume(): void;
  /** Settles one user; to be called in a transaction, before anything of that user is written: what hides a user may change with it. */
  settle(tenant: string, user: string): void;
  /** Settles up to so many users in a transaction of its own; returns whether there are more. */
  settleNext(usersMax: number): boolean;
}

export function createSettlement(database: DatabaseSync): Settlement {
  const next = database.prepare(`
    SELECT DISTINCT tenant, user FROM left_sessions WHERE (tenant, user) > (?, ?) ORDER BY tenant, user LIMIT ?`);
  const settleTimes = database.prepare(`
    UPDATE users SET
      seen_at = max(ifnull(users.seen_at, ended.seen_at), ended.seen_at),
      resting_seen_at = CASE WHEN ended.resting_seen_at IS NULL THEN users.resting_seen_at
        ELSE max(ifnull(users.resting_seen_at, ended.resting_seen_at), ended.resting_seen_at) END
    FROM (SELECT max(seen_at) AS seen_at, max(resting_seen_at) AS resting_seen_at FROM left_sessions WHERE tenant = ?1 AND user = ?2) AS ended
    WHERE users.tenant = ?1 AND users.user = ?2 AND ended.seen_at IS NOT NULL`);
  const settleSessions = database.prepare(`
    UPDATE sessions SET ended_at = ended.end_at, end_reason = ended.end_reason
    FROM (SELECT id, end_at, end_reason FROM left_sessions WHERE tenant = ?1 AND user = ?2) AS ended
    WHERE sessions.tenant = ?1 AND sessions.user = ?2 AND sessions.id = ended.id`);

  const start = { tenant: '', user: '' };
  // Where the pass has come to; what is settled has left the view, so starting anew costs little.
  let after = start;
  let pending = true;

  const settlement: Settlement = {
    pending: () => pending,
    resume() {
      pending = true;
      after = start;
    },
    settle(tenant, user) {
      settleTimes.run(tenant, user);
      settleSessions.run(tenant, user);
    },
    settleNext(usersMax) {
      const users = next.all(after.tenant, after.user, usersMax) as unknown as UserName[];
      inTransaction(database, () => {
        for (const { tenant, user } of users) settlement.settle(tenant, user);
      });
      pending = users.length === usersMax;
      after = pending ? users.at(-1)! : start;
      return pending;
    },
  };
  return settlement;
}
