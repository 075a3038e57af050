import type { Recovery, Relation, SessionRecord, Store, StoreBatch, StoredUser, UserRecord } from './store.ts';
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
}

/** What outlives a memory store, as a file outlives a process. Opaque: only memory stores look inside. */
export interface MemoryDisk {
  /** By tenant, then by user. */
  readonly tenants: Map<string, Map<string, UserEntry>>;
  readonly nodes: Map<string, NodeEntry>;
  /** When the newest node opened it. */
  openedAt: number;
  /** The store that has it open; an earlier one can write no more, as a killed process cannot. */
  owner: symbol | undefined;
}

export function createMemoryDisk(): MemoryDisk {
  return { tenants: new Map(), nodes: new Map(), openedAt: 0, owner: undefined };
}

/**
 * Keeps everything in memory: for tests, the simulator, and servers that may forget. Two stores on one `disk` are two lives of a server:
 * opening the second is what a start after `kill -9` is to the first, whose unresolved writes are lost. What the SQLite store works out
 * when it is asked, this one settles at once in `open`; the contract suite holds both to the same answers.
 */
export function createMemoryStore(disk: MemoryDisk = createMemoryDisk()): Store {
  const self = Symbol('memory store');
  let tail: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(act: () => T): Promise<T> => {
    const result = tail.then(act);
    tail = result.catch(() => undefined);
    return result;
  };
  const whileOpen = <T>(act: () => T): Promise<T> =>
    inTurn(() => {
      if (disk.owner !== self) throw new StoreError('closed', 'This memory store is not open, or another was opened on its disk.');
      return act();
    });

  return {
    open: (node, now) =>
      inTurn(() => {
        if (disk.nodes.has(node)) throw new StoreError('failed', `The node ${node} has been here before; a new process needs a new name.`);
        disk.owner = self;
        return recover(disk, node, now);
      }),
    load: (tenant, users) =>
      whileOpen(() => {
        const found = [...new Set(users)].map((user) => storedUser(disk.tenants.get(tenant)?.get(user)));
        return found.filter((user) => user !== undefined);
      }),
    async write(batch) {
      // Copied when called: the caller may go on to change its batch.
      const copy = wholeTimes(structuredClone(batch));
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
        disk.owner = undefined;
      }),
  };
}

function recover(disk: MemoryDisk, node: string, now: number): Recovery {
  const fresh = [...disk.nodes.values()].filter((entry) => !entry.recovered);
  for (const entry of fresh) {
    entry.endedAt ??= entry.aliveAt;
    entry.endReason ??= 'crashed';
  }
  disk.openedAt = Math.max(disk.openedAt, now);
  disk.nodes.set(node, { aliveAt: now, endedAt: null, endReason: null, recovered: false });

  const recovery: Recovery = { online: [], leases: [] };
  for (const users of disk.tenants.values()) for (const entry of users.values()) recoverUser(disk, entry, now, recovery);
  for (const entry of fresh) entry.recovered = true;
  return recovery;
}

function recoverUser(disk: MemoryDisk, entry: UserEntry, now: number, recovery: Recovery): void {
  let online: Recovery['online'][number] | undefined;
  for (const session of entry.sessions.values()) {
    if (session.endedAt !== null) continue;
    const tracked = entry.record?.optedOut !== true;
    if (session.kind === 'lease' && (session.leaseUntilAt ?? 0) > now && tracked) recovery.leases.push({ ...session });
    const end = endOf(disk, session);
    if (end === undefined) continue;
    const node = disk.nodes.get(session.node)!;
    const counted = session.kind === 'link' || (session.leaseUntilAt ?? 0) > node.endedAt!;
    if (tracked && !session.hidden && !node.recovered && counted) {
      online = { tenant: session.tenant, user: session.user, seenAt: Math.max(online?.seenAt ?? 0, end.at) };
    }
    settle(entry, session, end);
  }
  if (online !== undefined) recovery.online.push(online);
}

/** When and how a session that is open in writing ended with its node; undefined while it may go on. */
function endOf(disk: MemoryDisk, session: SessionRecord): { at: number; reason: string } | undefined {
  const node = disk.nodes.get(session.node);
  if (session.endedAt !== null || node === undefined || node.endedAt === null) return undefined;
  if (session.kind === 'link') return { at: Math.max(session.startedAt, session.seenAt, node.endedAt), reason: node.endReason! };
  if ((session.leaseUntilAt ?? 0) > disk.openedAt) return undefined;
  return { at: Math.max(session.startedAt, session.seenAt), reason: 'expired' };
}

function settle(entry: UserEntry, session: SessionRecord, end: { at: number; reason: string }): void {
  session.endedAt = end.at;
  session.endReason = end.reason;
  const record = entry.record;
  if (record === undefined || record.optedOut) return;
  record.seenAt = later(record.seenAt, end.at);
  const invisible = record.availability === 'invisible' && (record.availabilityUntilAt ?? Number.POSITIVE_INFINITY) > end.at;
  if (!session.hidden && !invisible) record.restingSeenAt = later(record.restingSeenAt, end.at);
}

function apply(disk: MemoryDisk, batch: StoreBatch): void {
  for (const { tenant, user } of batch.forget) {
    const entry = disk.tenants.get(tenant)?.get(user);
    entry?.sessions.clear();
    if (entry?.record) Object.assign(entry.record, { seenAt: null, activeAt: null, restingSeenAt: null, restingActiveAt: null });
  }
  for (const record of batch.users) {
    const entry = entryOf(disk, record.tenant, record.user);
    entry.record = merged(entry.record, record);
  }
  for (const session of batch.sessions) {
    if (!disk.nodes.has(session.node)) disk.nodes.set(session.node, { aliveAt: 0, endedAt: null, endReason: null, recovered: false });
    entryOf(disk, session.tenant, session.user).sessions.set(session.id, { ...session });
  }
  for (const relation of batch.relations) relate(entryOf(disk, relation.tenant, relation.user), relation);
  if (batch.beat !== undefined) beat(disk, batch.beat);
  for (const { tenant, user, id } of batch.sessions) {
    const entry = entryOf(disk, tenant, user);
    const session = entry.sessions.get(id)!;
    const end = endOf(disk, session);
    if (end !== undefined) settle(entry, session, end);
  }
}

/** Drops the fractions of all times, in place. */
function wholeTimes(batch: StoreBatch): StoreBatch {
  const floor = (at: number | null) => (at === null ? null : Math.floor(at));
  for (const user of batch.users) {
    user.seenAt = floor(user.seenAt);
    user.activeAt = floor(user.activeAt);
    user.restingSeenAt = floor(user.restingSeenAt);
    user.restingActiveAt = floor(user.restingActiveAt);
    user.signedOutAt = floor(user.signedOutAt);
    user.availabilityUntilAt = floor(user.availabilityUntilAt);
  }
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

function merged(stored: UserRecord | undefined, given: UserRecord): UserRecord {
  if (stored === undefined) return { ...given };
  return {
    ...given,
    seenAt: later(stored.seenAt, given.seenAt),
    activeAt: later(stored.activeAt, given.activeAt),
    restingSeenAt: later(stored.restingSeenAt, given.restingSeenAt),
    restingActiveAt: later(stored.restingActiveAt, given.restingActiveAt),
    signedOutAt: later(stored.signedOutAt, given.signedOutAt),
  };
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
  if (entry === undefined) disk.nodes.set(node, { aliveAt: at, endedAt: null, endReason: null, recovered: false });
  else if (entry.endedAt === null) entry.aliveAt = Math.max(entry.aliveAt, at);
}

function storedUser(entry: UserEntry | undefined): StoredUser | undefined {
  return entry?.record && { ...entry.record, contacts: [...entry.contacts], blocked: [...entry.blocked] };
}
