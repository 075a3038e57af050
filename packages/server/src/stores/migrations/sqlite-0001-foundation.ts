/**
 * Users, their relations and sessions, and the nodes that held these.
 *
 * A crash rewrites no row: `left_sessions` works out the end of every session that is open in writing although its node has ended. A
 * link ended with its node, a lease at its own last sign of life. Who is hidden, invisible or opted out is told by that view too, so that
 * reading and settling cannot disagree. It names its index because the planner, knowing no figures, would rather walk a user's whole history.
 */
export const foundation = `
CREATE TABLE users (
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  seen_at INTEGER,
  active_at INTEGER,
  resting_seen_at INTEGER,
  resting_active_at INTEGER,
  availability TEXT NOT NULL,
  availability_until_at INTEGER,
  text TEXT,
  online_rule TEXT NOT NULL,
  last_seen_rule TEXT NOT NULL,
  opted_out INTEGER NOT NULL,
  signed_out_at INTEGER,
  profile TEXT,
  PRIMARY KEY (tenant, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE relations (
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('contact', 'block')),
  other TEXT NOT NULL,
  PRIMARY KEY (tenant, user, kind, other)
) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  opened_at INTEGER,
  alive_at INTEGER NOT NULL,
  ended_at INTEGER,
  end_reason TEXT,
  recovered INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE sessions (
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  node_id INTEGER NOT NULL REFERENCES nodes (id),
  kind TEXT NOT NULL CHECK (kind IN ('link', 'lease')),
  dialect TEXT NOT NULL,
  platform TEXT,
  app_version TEXT,
  device TEXT,
  screen TEXT,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  lease_until_at INTEGER,
  ended_at INTEGER,
  end_reason TEXT,
  hidden INTEGER NOT NULL,
  PRIMARY KEY (tenant, user, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_history ON sessions (tenant, user, started_at);
CREATE INDEX sessions_open ON sessions (tenant, user) WHERE ended_at IS NULL;

CREATE VIEW left_sessions AS
SELECT
  tenant, user, id, node_id, kind, lease_until_at, hidden, end_at, end_reason, opted_out,
  CASE WHEN NOT opted_out THEN end_at END AS seen_at,
  CASE WHEN NOT opted_out AND NOT hidden AND NOT (availability = 'invisible' AND ifnull(availability_until_at > end_at, 1))
    THEN end_at END AS resting_seen_at
FROM (
  SELECT
    s.tenant, s.user, s.id, s.node_id, s.kind, s.lease_until_at, s.hidden,
    CASE s.kind WHEN 'link' THEN max(s.started_at, s.seen_at, n.ended_at) ELSE max(s.started_at, s.seen_at) END AS end_at,
    CASE s.kind WHEN 'link' THEN n.end_reason ELSE 'expired' END AS end_reason,
    ifnull(u.opted_out, 0) AS opted_out, ifnull(u.availability, 'auto') AS availability, u.availability_until_at
  FROM sessions s INDEXED BY sessions_open
  CROSS JOIN nodes n ON n.id = s.node_id
  LEFT JOIN users u ON u.tenant = s.tenant AND u.user = s.user
  WHERE s.ended_at IS NULL AND n.ended_at IS NOT NULL
    AND (s.kind = 'link' OR ifnull(s.lease_until_at, 0) <= (SELECT max(opened_at) FROM nodes))
);
`;
