import type { DatabaseSync } from 'node:sqlite';
import { SESSION_COLUMNS, sessionValues, USER_COLUMNS, userValues } from './sqlite-rows.ts';
import type { Settlement } from './sqlite-settlement.ts';
import type { Relation, SessionRecord, StoreBatch, UserRecord } from './store.ts';

const TIMES = new Set(['seen_at', 'active_at', 'resting_seen_at', 'resting_active_at', 'coarse_until_at', 'signed_out_at']);
const laterOf = (column: string) => `max(ifnull(${column}, excluded.${column}), ifnull(excluded.${column}, ${column}))`;

const orNone = (column: string) => `ifnull(${column}, 0)`;
// The two columns go together.
const COARSE_SEEN_AT = `
    CASE WHEN ${orNone('excluded.coarse_until_at')} > ${orNone('coarse_until_at')} THEN excluded.coarse_seen_at
      WHEN excluded.coarse_until_at = coarse_until_at THEN ${laterOf('coarse_seen_at')} ELSE coarse_seen_at END`;

const userColumns = Object.keys(USER_COLUMNS);
const written = (column: string) => {
  if (column === 'coarse_seen_at') return COARSE_SEEN_AT;
  return TIMES.has(column) ? laterOf(column) : `excluded.${column}`;
};
const UPSERT_USER = `
  INSERT INTO users (${userColumns.join(', ')}) VALUES (${userColumns.map(() => '?').join(', ')})
  ON CONFLICT (tenant, user) DO UPDATE SET
  ${userColumns
    .slice(2)
    .map((column) => `${column} = ${written(column)}`)
    .join(', ')}`;

const sessionColumns = Object.keys(SESSION_COLUMNS);
const UPSERT_SESSION = `
  INSERT INTO sessions (node_id, ${sessionColumns.join(', ')})
  VALUES ((SELECT id FROM nodes WHERE name = ?), ${sessionColumns.map(() => '?').join(', ')})
  ON CONFLICT (tenant, user, id) DO UPDATE SET
  ${['node_id', ...sessionColumns.slice(3)].map((column) => `${column} = excluded.${column}`).join(', ')}`;

/** Applies batches; the caller holds the transaction. */
export function createWriter(database: DatabaseSync, settlement: Settlement): (batch: StoreBatch) => void {
  const forgetTimes = database.prepare(`
    UPDATE users SET seen_at = NULL, active_at = NULL, resting_seen_at = NULL, resting_active_at = NULL, coarse_seen_at = NULL, coarse_until_at = NULL
    WHERE tenant = ? AND user = ?`);
  const forgetSessions = database.prepare('DELETE FROM sessions WHERE tenant = ? AND user = ?');
  const upsertUser = database.prepare(UPSERT_USER);
  const upsertSession = database.prepare(UPSERT_SESSION);
  const addRelation = database.prepare('INSERT INTO relations (tenant, user, kind, other) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const removeRelation = database.prepare('DELETE FROM relations WHERE tenant = ? AND user = ? AND kind = ? AND other = ?');
  const addNode = database.prepare('INSERT INTO nodes (name, alive_at) VALUES (?, 0) ON CONFLICT DO NOTHING');
  const hasEnded = database.prepare('SELECT 1 FROM nodes WHERE name = ? AND ended_at IS NOT NULL');
  const beat = database.prepare(`
    INSERT INTO nodes (name, alive_at) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET alive_at = max(alive_at, excluded.alive_at) WHERE ended_at IS NULL`);

  const writeSessions = (sessions: SessionRecord[]) => {
    for (const node of new Set(sessions.map((session) => session.node))) {
      addNode.run(node);
      if (hasEnded.get(node) !== undefined) settlement.resume();
    }
    for (const session of sessions) upsertSession.run(session.node, ...sessionValues(session));
  };
  const writeRelation = ({ tenant, user, kind, other, present }: Relation) =>
    (present ? addRelation : removeRelation).run(tenant, user, kind, other);
  const settleFirst = (records: (UserRecord | SessionRecord)[]) => {
    if (settlement.pending()) for (const { tenant, user } of records) settlement.settle(tenant, user);
  };

  return (batch) => {
    for (const { tenant, user } of batch.forget) {
      forgetTimes.run(tenant, user);
      forgetSessions.run(tenant, user);
    }
    settleFirst(batch.users);
    settleFirst(batch.sessions);
    for (const user of batch.users) upsertUser.run(...userValues(user));
    writeSessions(batch.sessions);
    for (const relation of batch.relations) writeRelation(relation);
    if (batch.beat !== undefined) beat.run(batch.beat.node, batch.beat.at);
  };
}
