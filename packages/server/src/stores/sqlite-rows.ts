import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { SessionRecord, StoredUser, UserRecord } from './store.ts';

type Row = Record<string, SQLOutputValue>;

/** The tables take whole numbers only, and one refused row would hold up every write behind it. */
const whole = (at: number | null) => (at === null ? null : Math.floor(at));

/** How a record lies in its table: one entry a column, in the order of the statements that write it. */
export const USER_COLUMNS = {
  tenant: (user: UserRecord) => user.tenant,
  user: (user: UserRecord) => user.user,
  seen_at: (user: UserRecord) => whole(user.seenAt),
  active_at: (user: UserRecord) => whole(user.activeAt),
  resting_seen_at: (user: UserRecord) => whole(user.restingSeenAt),
  resting_active_at: (user: UserRecord) => whole(user.restingActiveAt),
  coarse_seen_at: (user: UserRecord) => whole(user.coarseSeenAt),
  coarse_until_at: (user: UserRecord) => whole(user.coarseUntilAt),
  availability: (user: UserRecord) => user.availability,
  availability_until_at: (user: UserRecord) => whole(user.availabilityUntilAt),
  text: (user: UserRecord) => user.text,
  online_rule: (user: UserRecord) => user.onlineRule,
  last_seen_rule: (user: UserRecord) => user.lastSeenRule,
  coarse_last_seen_rule: (user: UserRecord) => user.coarseLastSeenRule,
  opted_out: (user: UserRecord) => Number(user.optedOut),
  signed_out_at: (user: UserRecord) => whole(user.signedOutAt),
  profile: (user: UserRecord) => user.profile,
} satisfies Record<string, (user: UserRecord) => SQLInputValue>;

/** All but `node_id`, which the statement looks up by the name of the node. */
export const SESSION_COLUMNS = {
  tenant: (session: SessionRecord) => session.tenant,
  user: (session: SessionRecord) => session.user,
  id: (session: SessionRecord) => session.id,
  kind: (session: SessionRecord) => session.kind,
  dialect: (session: SessionRecord) => session.dialect,
  platform: (session: SessionRecord) => session.platform,
  app_version: (session: SessionRecord) => session.appVersion,
  device: (session: SessionRecord) => session.device,
  screen: (session: SessionRecord) => session.screen,
  started_at: (session: SessionRecord) => whole(session.startedAt),
  seen_at: (session: SessionRecord) => whole(session.seenAt),
  lease_until_at: (session: SessionRecord) => whole(session.leaseUntilAt),
  ended_at: (session: SessionRecord) => whole(session.endedAt),
  end_reason: (session: SessionRecord) => session.endReason,
  hidden: (session: SessionRecord) => Number(session.hidden),
} satisfies Record<string, (session: SessionRecord) => SQLInputValue>;

export const userValues = (user: UserRecord): SQLInputValue[] => Object.values(USER_COLUMNS).map((read) => read(user));
export const sessionValues = (session: SessionRecord): SQLInputValue[] => Object.values(SESSION_COLUMNS).map((read) => read(session));

// The tables are STRICT and written only through the columns above, so what comes out is what went in: believed, not checked again.
export const readUser = (row: Row): StoredUser => ({
  tenant: row.tenant as string,
  user: row.user as string,
  seenAt: row.seen_at as number | null,
  activeAt: row.active_at as number | null,
  restingSeenAt: row.resting_seen_at as number | null,
  restingActiveAt: row.resting_active_at as number | null,
  coarseSeenAt: row.coarse_seen_at as number | null,
  coarseUntilAt: row.coarse_until_at as number | null,
  availability: row.availability as StoredUser['availability'],
  availabilityUntilAt: row.availability_until_at as number | null,
  text: row.text as string | null,
  onlineRule: row.online_rule as StoredUser['onlineRule'],
  lastSeenRule: row.last_seen_rule as StoredUser['lastSeenRule'],
  coarseLastSeenRule: row.coarse_last_seen_rule as StoredUser['coarseLastSeenRule'],
  optedOut: row.opted_out === 1,
  signedOutAt: row.signed_out_at as number | null,
  profile: row.profile as string | null,
  contacts: JSON.parse(row.contacts as string) as string[],
  blocked: JSON.parse(row.blocked as string) as string[],
});

export const readSession = (row: Row): SessionRecord => ({
  id: row.id as string,
  tenant: row.tenant as string,
  user: row.user as string,
  node: row.node as string,
  kind: row.kind as SessionRecord['kind'],
  dialect: row.dialect as string,
  platform: row.platform as string | null,
  appVersion: row.app_version as string | null,
  device: row.device as string | null,
  screen: row.screen as string | null,
  startedAt: row.started_at as number,
  seenAt: row.seen_at as number,
  leaseUntilAt: row.lease_until_at as number | null,
  endedAt: row.ended_at as number | null,
  endReason: row.end_reason as string | null,
  hidden: row.hidden === 1,
});
