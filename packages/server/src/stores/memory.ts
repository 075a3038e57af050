import type { Recovery, Relation, SessionRecord, SharedStore, StoreBatch, StoredUser, UserRecord } from './store.ts';
import { StoreError } from './store-error.ts';

interface UserEntry {
  record: UserRecord | undefined;
  contacts: Set<string>;
  blocked: Set<string>;
  sessions: Map<string, SessionRecord>;
}

interface NodeEntry {
  aliveAt: number;
  endedAt: number | null;
  endReason: 'crashed' | 'shutdown' | null;
  recovered: boolean;
  /** Whom it had online, once it was buried. */
  online: Recovery['online'];
}

/** What outlives a memory store, as a file outlives a process. Opaque: only memory stores look inside. */
export interface MemoryDisk {
  /** By tenant, then by user. */
  readonly tenants: Map<string, Map<string, UserEntry>>;
  readonly nodes: Map<string, NodeEntry>;
  /** When the newest node opened it. */
  openedAt: number;
  /** The stores that have it open: one, or those of several nodes. One that is not among them can write no more, as a killed process cannot. */
  readonly owners: Set<symbol>;
  /** Whether several nodes have it open at a time. */
  isShared: boolean;
}

export function createMemoryDisk(): MemoryDisk {
  return { tenants: new Map(), nodes: new Map(), openedAt: 0, owners: new Set(), isShared: false };
}

/**
 * Keeps everything in memory: for tests, the simulator, and servers that may forget. Two stores on one `disk` are two lives of a server:
 * opening the second is what a start after `kill -9` is to the first, whose unresolved writes are lost. What the SQLite store works out
 * when it is asked, this one settles at once in `open`; the contract suite holds both to the same answers. Stores that `join` share a disk, as
 * the nodes of a cluster share a database.
 */
export function createMemoryStore(disk: MemoryDisk = createMemoryDisk()): SharedStore {
  const self = Symbol('memory store');
  let tail: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(act: () => T): Promise<T> => {
    const result = tail.then(act);
    tail = result.catch(() => undefined);
    return result;
  };
  const whileOpen = <T>(act: () => T): Promise<T> =>
    inTurn(() => {
      if (!disk.owners.has(self)) throw new StoreError('closed', 'This memory store is not open, or another was opened on its disk.');
      return act();
    });

  const enter = (node: string) => {
    if (disk.nodes.has(node)) throw new StoreError('failed', `The node ${node} has been here before; a new process needs a new name.`);
    disk.owners.add(self);
  };

  return {
    open: (node, now) =>
      inTurn(() => {
        disk.owners.clear();
        disk.isShared = false;
        enter(node);
        const recovery = recover(disk, [...disk.nodes.keys()], now);
        disk.nodes.set(node, newNode(now));
        return recovery;
      }),
    join: (node, now) =>
      inTurn(() => {
        enter(node);
        disk.isShared = true;
        disk.nodes.set(node, newNode(now));
      }),
    bury: (node, now) =>
      whileOpen(() => {
        const { online, leases } = recover(disk, [node], now);
        const entry = disk.nodes.get(node);
        if (entry === undefined) return { online, leases };
        entry.online.push(...online);
        return { online: [...entry.online], leases };
      }),
    nodes: () =>
      whileOpen(() => [...disk.nodes].filter(([, { endedAt, recovered }]) => endedAt === null || !recovered).map(([node]) => node)),
    load: (tenant, users) =>
      whileOpen(() => {
        const found = [...new Set(users)].map((user) => storedUser(disk.tenants.get(tenant)?.get(user)));
        return found.filter((user) => user !== undefined);
      }),
    async write(batch) {
      // Copied when called: the caller may go on to change its batch. Mostly it is only a beat.
      const { users, sessions, relations, forget, settings = [] } = batch;
      const isBeat = users.length + sessions.length + relations.length + forget.length + settings.length === 0;
      const copy = isBeat ? { ...batch } : wholeTimes(structuredClone(batch));
      return whileOpen(() => apply(disk, copy));
    },
    sessions: (tenant, user, limit, before = Number.POSITIVE_INFINITY) =>
      whileOpen(() =>
        [...(disk.tenants.get(tenant)?.get(user)?.sessions.values() ?? [])]
          .filter((session) => session.startedAt < before)
          .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
          .slice(0, limit)
          .map((session) => ({ ...session })),
      ),
    close: (node, now) =>
      whileOpen(() => {
        const entry = disk.nodes.get(node);
        if (entry?.endedAt === null) Object.assign(entry, { endedAt: Math.max(entry.aliveAt, now), endReason: 'shutdown' });
        disk.owners.delete(self);
      }),
  };
}

const newNode = (aliveAt: number): NodeEntry => ({ aliveAt, endedAt: null, endReason: null, recovered: false, online: [] });

function recover(disk: MemoryDisk, nodes: readonly string[], now: number): Recovery {
  const ended = new Map(nodes.flatMap((node) => [[node, disk.nodes.get(node)] as const]));
  for (const entry of ended.values()) {
    if (entry === undefined) continue;
    entry.endedAt ??= entry.aliveAt;
    entry.endReason ??= 'crashed';
  }
  disk.openedAt = Math.max(disk.openedAt, now);
  const recovery: Recovery = { online: [], leases: [] };
  for (const users of disk.tenants.values()) for (const entry of users.values()) recoverUser(disk, entry, ended, now, recovery);
  for (const entry of ended.values()) if (entry !== undefined) entry.recovered = true;
  return recovery;
}

function recoverUser(disk: MemoryDisk, entry: UserEntry, ended: ReadonlyMap<string, unknown>, now: number, recovery: Recovery): void {
  let online: Recovery['online'][number] | undefined;
  let lost: Recovery['online'][number] | undefined;
  const tracked = entry.record?.optedOut !== true;
  for (const session of entry.sessions.values()) {
    if (!ended.has(session.node)) continue;
    if (session.endedAt !== null) {
      const graceMs = tracked && !session.hidden ? graceLeft(disk, session) : 0;
      if (graceMs <= 0) continue;
      const seenAt = Math.max(lost?.seenAt ?? 0, session.endedAt);
      lost = { tenant: session.tenant, user: session.user, seenAt, graceMs: Math.max(lost?.graceMs ?? 0, graceMs) };
      continue;
    }
    if (session.kind === 'lease' && (session.leaseUntilAt ?? 0) > now && tracked) recovery.leases.push({ ...session });
    const end = endOf(disk, session);
    if (end === undefined) continue;
    const node = disk.nodes.get(session.node)!;
    const counted = session.kind === 'link' || (session.leaseUntilAt ?? 0) > node.endedAt!;
    if (tracked && !session.hidden && !node.recovered && counted) {
      online = { tenant: session.tenant, user: session.user, seenAt: Math.max(online?.seenAt ?? 0, end.at) };
    }
    settle(disk, entry, session, end);
  }
  online ??= lost;
  if (online !== undefined) recovery.online.push(online);
}

/** What was left of the grace of a lost link when its node ended, of which nobody has been told yet; 0 or less for none. */
function graceLeft(disk: MemoryDisk, { kind, node, leaseUntilAt }: SessionRecord): number {
  const held = disk.nodes.get(node);
  if (kind !== 'link' || leaseUntilAt === null || held === undefined || held.recovered || held.endedAt === null) return 0;
  return leaseUntilAt - held.endedAt;
}

/** When and how a session that is open in writing ended with its node; undefined while it may go on. */
function endOf(disk: MemoryDisk, session: SessionRecord): { at: number; reason: string } | undefined {
  const node = disk.nodes.get(session.node);
  if (session.endedAt !== null || node === undefined || node.endedAt === null) return undefined;
  if (session.kind === 'link') return { at: Math.max(session.startedAt, session.seenAt, node.endedAt), reason: node.endReason! };
  if ((session.leaseUntilAt ?? 0) > disk.openedAt) return undefined;
  return { at: Math.max(session.startedAt, session.seenAt), reason: 'expired' };
}

function settle(disk: MemoryDisk, entry: UserEntry, session: SessionRecord, end: { at: number; reason: string }): void {
  session.endedAt = end.at;
  session.endReason = end.reason;
  const record = entry.record;
  if (record === undefined || record.optedOut) return;
  // Elsewhere the user may be seen on another session, and go when that does: not when a hidden one here was last alive.
  if (session.hidden && disk.isShared) return;
  record.seenAt = later(record.seenAt, end.at);
  const invisible = record.availability === 'invisible' && (record.availabilityUntilAt ?? Number.POSITIVE_INFINITY) > end.at;
  if (!session.hidden && !invisible) record.restingSeenAt = later(record.restingSeenAt, end.at);
}

const NO_TIMES = {
  seenAt: null,
  activeAt: null,
  restingSeenAt: null,
  restingActiveAt: null,
  coarseSeenAt: null,
  coarseUntilAt: null,
} as const;

function apply(disk: MemoryDisk, batch: StoreBatch): void {
  const { settings, node } = batch;
  if (node !== undefined && (disk.nodes.get(node)?.endedAt ?? null) !== null)
    throw new StoreError('buried', `The node ${node} was taken for dead; it has to go on under another name.`);
  for (const { tenant, user } of batch.forget) {
    const entry = disk.tenants.get(tenant)?.get(user);
    entry?.sessions.clear();
    if (entry?.record) Object.assign(entry.record, NO_TIMES);
  }
  for (const record of batch.users) {
    const entry = entryOf(disk, record.tenant, record.user);
    entry.record = merged(entry.record, record, settings !== undefined);
  }
  for (const { tenant, user, changed } of settings ?? []) Object.assign(entryOf(disk, tenant, user).record ?? {}, changed);
  for (const session of batch.sessions) {
    if (!disk.nodes.has(session.node)) disk.nodes.set(session.node, newNode(0));
    entryOf(disk, session.tenant, session.user).sessions.set(session.id, { ...session });
  }
  for (const relation of batch.relations) relate(entryOf(disk, relation.tenant, relation.user), relation);
  if (batch.beat !== undefined) beat(disk, batch.beat);
  for (const { tenant, user, id } of batch.sessions) {
    const entry = entryOf(disk, tenant, user);
    const session = entry.sessions.get(id)!;
    const end = endOf(disk, session);
    if (end !== undefined) settle(disk, entry, session, end);
  }
  // Another node may not have heard of it yet when it wrote.
  if (settings !== undefined)
    for (const { tenant, user } of [...batch.users, ...batch.sessions]) forgetOptedOut(entryOf(disk, tenant, user));
}

function forgetOptedOut(entry: UserEntry): void {
  if (entry.record?.optedOut !== true) return;
  entry.sessions.clear();
  Object.assign(entry.record, NO_TIMES);
}

const USER_TIMES = [...(Object.keys(NO_TIMES) as (keyof typeof NO_TIMES)[]), ...(['signedOutAt', 'availabilityUntilAt'] as const)];

/** Drops the fractions of all times, in place. */
function wholeTimes(batch: StoreBatch): StoreBatch {
  const floor = (at: number | null) => (at === null ? null : Math.floor(at));
  for (const user of batch.users) for (const time of USER_TIMES) user[time] = floor(user[time]);
  for (const session of batch.sessions) {
    session.startedAt = Math.floor(session.startedAt);
    session.seenAt = Math.floor(session.seenAt);
    session.leaseUntilAt = floor(session.leaseUntilAt);
    session.endedAt = floor(session.endedAt);
  }
  return batch;
}

function entryOf(disk: MemoryDisk, tenant: string, user: string): UserEntry {
  const users = disk.tenants.get(tenant) ?? new Map<string, UserEntry>();
  disk.tenants.set(tenant, users);
  const entry = users.get(user) ?? { record: undefined, contacts: new Set(), blocked: new Set(), sessions: new Map() };
  users.set(user, entry);
  return entry;
}

function merged(stored: UserRecord | undefined, given: UserRecord, keepsSettings: boolean): UserRecord {
  if (stored === undefined) return { ...given };
  const { availability, availabilityUntilAt, text, onlineRule, lastSeenRule, coarseLastSeenRule, optedOut } = stored;
  return {
    ...given,
    ...(keepsSettings && { availability, availabilityUntilAt, text, onlineRule, lastSeenRule, coarseLastSeenRule, optedOut }),
    seenAt: later(stored.seenAt, given.seenAt),
    activeAt: later(stored.activeAt, given.activeAt),
    restingSeenAt: later(stored.restingSeenAt, given.restingSeenAt),
    restingActiveAt: later(stored.restingActiveAt, given.restingActiveAt),
    ...laterHeld(stored, given),
    signedOutAt: later(stored.signedOutAt, given.signedOutAt),
  };
}

type Held = Pick<UserRecord, 'coarseSeenAt' | 'coarseUntilAt'>;

function laterHeld(stored: Held, given: Held): Held {
  const { coarseUntilAt } = stored;
  if (given.coarseUntilAt === coarseUntilAt) return { coarseUntilAt, coarseSeenAt: later(stored.coarseSeenAt, given.coarseSeenAt) };
  const { coarseSeenAt, coarseUntilAt: untilAt } = (given.coarseUntilAt ?? 0) > (coarseUntilAt ?? 0) ? given : stored;
  return { coarseSeenAt, coarseUntilAt: untilAt };
}

function later(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

function relate(entry: UserEntry, { kind, other, present }: Relation): void {
  const others = kind === 'contact' ? entry.contacts : entry.blocked;
  if (present) others.add(other);
  else others.delete(other);
}

function beat(disk: MemoryDisk, { node, at }: { node: string; at: number }): void {
  const entry = disk.nodes.get(node);
  if (entry === undefined) disk.nodes.set(node, newNode(at));
  else if (entry.endedAt === null) entry.aliveAt = Math.max(entry.aliveAt, at);
}

function storedUser(entry: UserEntry | undefined): StoredUser | undefined {
  return entry?.record && { ...entry.record, contacts: [...entry.contacts], blocked: [...entry.blocked] };
}
