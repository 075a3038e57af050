import type { Availability, Rule } from '@porchlight/protocol';

/** Everything durable about one user of one tenant. Times are epoch milliseconds, without fractions once stored; null means never. */
export interface UserRecord {
  tenant: string;
  user: string;
  /** Last proof of life. */
  seenAt: number | null;
  /** Last input by the person. */
  activeAt: number | null;
  /** What those who may not see the user online are shown as last seen: frozen while the user is hidden. */
  restingSeenAt: number | null;
  restingActiveAt: number | null;
  /** What those who see last seen in buckets are shown until `coarseUntilAt` instead; both null for nothing else. */
  coarseSeenAt: number | null;
  coarseUntilAt: number | null;
  availability: Availability;
  availabilityUntilAt: number | null;
  text: string | null;
  onlineRule: Rule;
  lastSeenRule: Rule;
  coarseLastSeenRule: Rule;
  optedOut: boolean;
  /** When the user was last signed out everywhere; never goes back, and is not forgotten with the times of presence. */
  signedOutAt: number | null;
  /** What lists show of the person, as JSON text of a flat object; null when nothing is known. */
  profile: string | null;
}

export interface StoredUser extends UserRecord {
  contacts: string[];
  blocked: string[];
}

/**
 * `link`: a connection; alive for as long as the node that holds it is alive. `lease`: an HTTP heartbeat; alive until `leaseUntilAt`,
 * whatever happens to the node.
 */
export type SessionKind = 'link' | 'lease';

export interface SessionRecord {
  /** Unique for ever among the sessions of this user; made by the node. */
  id: string;
  tenant: string;
  user: string;
  /** The incarnation that holds the session. One that the store has not met is taken for alive until the next `open`. */
  node: string;
  kind: SessionKind;
  dialect: string;
  platform: string | null;
  appVersion: string | null;
  device: string | null;
  screen: string | null;
  startedAt: number;
  /** Last proof of life that was written; a link that is alive now is covered by its node's beat instead. */
  seenAt: number;
  /** Until when a lease lasts, or the grace of a link that is lost; else null. */
  leaseUntilAt: number | null;
  /** Null while open. A link that is lost but within its grace is ended here already, and opened again if it comes back. */
  endedAt: number | null;
  /** Such as `left`, `lost`, `expired`, `signed-out`, `crashed`, `shutdown`; null while open. */
  endReason: string | null;
  /** True while the session is not to be counted (the user appears offline on it): it is no proof that anybody saw the user online. */
  hidden: boolean;
}

/** A set of writes that become durable together. */
export interface StoreBatch {
  /**
   * Upserts. `seenAt`, `activeAt`, `restingSeenAt`, `restingActiveAt`, `signedOutAt` never go back: the later of stored and given wins; null never wins. Nor does
   * `coarseUntilAt`; the one that wins brings its `coarseSeenAt` along, and of two that are equal the later `coarseSeenAt` stays.
   */
  users: UserRecord[];
  /** Upserts by `id`; the last one wins, whole. To be written with or after the record of their user, whose times they move. */
  sessions: SessionRecord[];
  /** Relations that are to exist (`present: true`) or not. They are kept, but not loaded, for as long as the user has no record. */
  relations: Relation[];
  /** Users of whom every time and session is to be forgotten (opt-out); settings and relations stay. Applied first. */
  forget: { tenant: string; user: string }[];
  /** That a node was alive at a time: one row, whatever the number of users; sent about once a second. */
  beat?: { node: string; at: number };
  /**
   * Only to a `SharedStore`: settings that were changed, field by field. With it, `users` leaves the settings that are stored as they are,
   * since another node may have changed them; nothing is kept of the times and sessions of those who have opted out by now.
   */
  settings?: SettingsChange[];
  /** Only to a `SharedStore`: who writes. */
  node?: string;
}

type SettingName = 'availability' | 'availabilityUntilAt' | 'text' | 'onlineRule' | 'lastSeenRule' | 'coarseLastSeenRule' | 'optedOut';

/** Settings of a user that are to become others; those that are absent stay. */
export interface SettingsChange {
  tenant: string;
  user: string;
  changed: Partial<Pick<UserRecord, SettingName>>;
}

export function emptyBatch(): StoreBatch {
  return { users: [], sessions: [], relations: [], forget: [] };
}

export interface Relation {
  tenant: string;
  user: string;
  kind: 'contact' | 'block';
  other: string;
  present: boolean;
}

/** What a fresh process learns of the ones before it. */
export interface Recovery {
  /**
   * Every user who, as far as the store knows, was online when the node that held the session ended: by crash (its last beat) or by
   * shutdown. `seenAt` is that end, or for a lease that ran out meanwhile its last proof of life. Once a user; not those whose session
   * was hidden or already ended, nor those who opted out, but those who are invisible. Told once: a later `open` does not repeat it.
   *
   * Also everybody who was not connected any more, but in the grace of a lost link: `seenAt` is then when that was last heard, and `graceMs`
   * what was left of the longest such grace.
   */
  online: { tenant: string; user: string; seenAt: number; graceMs?: number }[];
  /** Leases that run beyond now: sessions to be taken over by the new node. Told again by every `open` until they are ended or run out. */
  leases: SessionRecord[];
}

/**
 * Durable state. Adapters are factory functions that take their client (a file name, a pool), never configuration.
 *
 * Every method may be called at any time after `open` and before `close`, concurrently; `write` calls take effect in the order of
 * calls. A rejected promise means that nothing of that call was stored; the caller may repeat it. Adapters read no clock.
 */
export interface Store {
  /**
   * Applies migrations, registers `node` (a new incarnation, alive at `now`) and says what earlier ones left behind. A node that was
   * not closed ended at its last beat. Called once, first. Rejects with a StoreError that tells the operator what to do, also when
   * there has been a node of that name.
   */
  open(node: string, now: number): Promise<Recovery>;

  /**
   * What is stored of each of these users, once each, in no order; those who have no record are absent. An open link session of a node that
   * has ended counts as having ended at that node's last beat (or at what is known of it later than that), so `seenAt` (and, unless the
   * session was hidden or the user invisible then, `restingSeenAt`) is never older than that. A lease that ran out before the last `open`
   * counts as having ended at its own `seenAt`. Neither moves anything of a user who opted out.
   */
  load(tenant: string, users: string[]): Promise<StoredUser[]>;

  /** Resolves when the batch is durable: it then survives `kill -9` at any instant. May repeat: applying a batch twice changes nothing more. */
  write(batch: StoreBatch): Promise<void>;

  /**
   * Sessions of one user, newest first, those that started before `before` (all when undefined), at most `limit`. Those left open by a
   * node that has ended are told as ended, by `crashed`, `shutdown`, or for leases `expired`.
   */
  sessions(tenant: string, user: string, limit: number, before?: number): Promise<SessionRecord[]>;

  /** Finishes what was called, marks `node` as ended at `now`, and releases everything. Called once, last. */
  close(node: string, now: number): Promise<void>;
}

/**
 * A store that several nodes have open at a time. `open` is for a node that is alone; of several, each calls `join`. Writes of a node that was
 * buried are rejected with a StoreError `buried`: it has to go on under another name, and to save what it has again.
 */
export interface SharedStore extends Store {
  /** As `open`, but what others have left, or still have, stays as it is. */
  join(node: string, now: number): Promise<void>;
  /**
   * Ends what a dead node left, at its last beat, and says what that was, as `open` does; asked again, it says the same again, but leases only
   * while they are open. Of a hidden session no time counts, since its user may have been seen on another node.
   */
  bury(node: string, now: number): Promise<Recovery>;
  /** Nodes that have neither been buried nor closed. */
  nodes(): Promise<string[]>;
}
