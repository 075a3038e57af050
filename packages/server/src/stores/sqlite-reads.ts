import type { DatabaseSync } from 'node:sqlite';
import { keyOf } from '../user-name.ts';
import { readSession, readUser } from './sqlite-rows.ts';
import type { Recovery, SessionRecord, StoredUser } from './store.ts';

const LOAD = `
  WITH wanted AS MATERIALIZED (SELECT DISTINCT value AS user FROM json_each(?2)),
  ended AS MATERIALIZED (
    SELECT l.user, max(l.seen_at) AS seen_at, max(l.resting_seen_at) AS resting_seen_at
    FROM wanted w CROSS JOIN left_sessions l ON l.tenant = ?1 AND l.user = w.user
    GROUP BY l.user
  )
  SELECT
    u.tenant, u.user, u.active_at, u.resting_active_at, u.coarse_seen_at, u.coarse_until_at, u.availability, u.availability_until_at, u.text,
    u.online_rule, u.last_seen_rule, u.coarse_last_seen_rule, u.opted_out, u.signed_out_at, u.profile,
    max(ifnull(u.seen_at, e.seen_at), ifnull(e.seen_at, u.seen_at)) AS seen_at,
    max(ifnull(u.resting_seen_at, e.resting_seen_at), ifnull(e.resting_seen_at, u.resting_seen_at)) AS resting_seen_at,
    (SELECT json_group_array(other) FROM relations r WHERE r.tenant = u.tenant AND r.user = u.user AND r.kind = 'contact') AS contacts,
    (SELECT json_group_array(other) FROM relations r WHERE r.tenant = u.tenant AND r.user = u.user AND r.kind = 'block') AS blocked
  FROM wanted w CROSS JOIN users u ON u.tenant = ?1 AND u.user = w.user LEFT JOIN ended e ON e.user = u.user`;

const HISTORY = `
  SELECT s.id, s.tenant, s.user, s.kind, s.dialect, s.platform, s.app_version, s.device, s.screen, s.started_at, s.seen_at, s.lease_until_at, s.hidden,
    (SELECT name FROM nodes n WHERE n.id = s.node_id) AS node,
    CASE WHEN s.ended_at IS NULL
      THEN (SELECT l.end_at FROM left_sessions l WHERE l.tenant = s.tenant AND l.user = s.user AND l.id = s.id) ELSE s.ended_at END AS ended_at,
    CASE WHEN s.ended_at IS NULL
      THEN (SELECT l.end_reason FROM left_sessions l WHERE l.tenant = s.tenant AND l.user = s.user AND l.id = s.id) ELSE s.end_reason END AS end_reason
  FROM sessions s
  WHERE s.tenant = ? AND s.user = ? AND s.started_at < ?
  ORDER BY s.started_at DESC, s.id DESC
  LIMIT ?`;

export interface Reader {
  load(tenant: string, users: string[]): StoredUser[];
  sessions(tenant: string, user: string, limit: number, before?: number): SessionRecord[];
}

export function createReader(database: DatabaseSync): Reader {
  const load = database.prepare(LOAD);
  const history = database.prepare(HISTORY);
  return {
    load: (tenant, users) => load.all(tenant, JSON.stringify(users)).map(readUser),
    sessions: (tenant, user, limit, before = Number.MAX_SAFE_INTEGER) => history.all(tenant, user, before, limit).map(readSession),
  };
}

/** The users that nodes not yet recovered from had online when they ended. */
const ONLINE = `
  SELECT l.tenant, l.user, max(l.end_at) AS seenAt
  FROM left_sessions l CROSS JOIN nodes n ON n.id = l.node_id
  WHERE n.recovered = 0 AND NOT l.hidden AND NOT l.opted_out AND (l.kind = 'link' OR l.lease_until_at > n.ended_at)
  GROUP BY l.tenant, l.user`;

/** Those who had lost their last connection, and were in their grace. */
const IN_GRACE = `
  SELECT s.tenant, s.user, max(s.ended_at) AS seenAt, max(s.lease_until_at - n.ended_at) AS graceMs
  FROM nodes n CROSS JOIN sessions s INDEXED BY sessions_in_grace ON s.node_id = n.id
    LEFT JOIN users u ON u.tenant = s.tenant AND u.user = s.user
  WHERE n.recovered = 0 AND s.kind = 'link' AND s.lease_until_at IS NOT NULL
    AND s.ended_at IS NOT NULL AND s.lease_until_at > n.ended_at AND NOT s.hidden AND NOT ifnull(u.opted_out, 0)
  GROUP BY s.tenant, s.user`;

const LEASES = `
  SELECT s.*, n.name AS node
  FROM sessions s CROSS JOIN nodes n ON n.id = s.node_id LEFT JOIN users u ON u.tenant = s.tenant AND u.user = s.user
  WHERE s.ended_at IS NULL AND s.kind = 'lease' AND s.lease_until_at > ? AND NOT ifnull(u.opted_out, 0)`;

/** Ends the nodes before, registers this one, and reads what those left; in one transaction that the caller holds. */
export function recover(database: DatabaseSync, node: string, now: number): Recovery {
  database.exec(`
    UPDATE nodes SET ended_at = ifnull(ended_at, alive_at), end_reason = ifnull(end_reason, 'crashed') WHERE recovered = 0`);
  database.prepare('INSERT INTO nodes (name, opened_at, alive_at) VALUES (?, ?, ?)').run(node, now, now);
  const online = new Map<string, Recovery['online'][number]>();
  // Whoever was connected besides was connected.
  for (const query of [IN_GRACE, ONLINE])
    for (const row of database.prepare(query).all() as Recovery['online']) online.set(keyOf(row), { ...row });
  const leases = database.prepare(LEASES).all(now).map(readSession);
  database.prepare('UPDATE nodes SET recovered = 1 WHERE name <> ?').run(node);
  return { online: [...online.values()], leases };
}
