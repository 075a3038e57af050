import type { Recovery, SessionRecord, StoreBatch, StoredUser, UserRecord } from '@porchlight/server';

interface Proof {
  at: number;
  /** Whether others could see it. */
  shown: boolean;
}

interface ModelNode {
  aliveAt: number;
  end: { at: number; reason: string } | null;
}

/**
 * What a store has to answer, said in the plainest way: nothing is merged or settled, every record and every proof of life is kept, and an
 * answer is worked out from all of them. Written from the interface, not from a store.
 */
export class StoreModel {
  #records = new Map<string, UserRecord[]>();
  #proofs = new Map<string, Proof[]>();
  #sessions = new Map<string, SessionRecord>();
  #relations = new Map<string, { user: string; kind: string; other: string; present: boolean }>();
  #nodes = new Map<string, ModelNode>();
  #openedAt = 0;

  open(node: string, now: number): Recovery {
    const ended = new Set<string>();
    for (const [name, each] of this.#nodes) {
      if (each.end !== null && this.#told.has(name)) continue;
      each.end ??= { at: each.aliveAt, reason: 'crashed' };
      ended.add(name);
      this.#told.add(name);
    }
    this.#openedAt = Math.max(this.#openedAt, now);
    this.#nodes.set(node, { aliveAt: now, end: null });

    const online = new Map<string, Recovery['online'][number]>();
    const lost = new Map<string, { tenant: string; user: string; seenAt: number; graceMs: number }>();
    const leases: SessionRecord[] = [];
    for (const session of this.#sessions.values()) {
      if (session.kind !== 'link' || session.endedAt === null || session.leaseUntilAt === null) continue;
      const { tenant, user, node, hidden, endedAt } = session;
      const graceMs = session.leaseUntilAt - (ended.has(node) ? this.#nodes.get(node)!.end!.at : Number.POSITIVE_INFINITY);
      if (hidden || graceMs <= 0 || this.#record(tenant, user)?.optedOut) continue;
      const key = JSON.stringify([tenant, user]);
      const other = lost.get(key) ?? { seenAt: 0, graceMs: 0 };
      lost.set(key, { tenant, user, seenAt: Math.max(endedAt, other.seenAt), graceMs: Math.max(graceMs, other.graceMs) });
    }
    for (const session of this.#sessions.values()) {
      const { tenant, user } = session;
      if (session.endedAt !== null || this.#record(tenant, user)?.optedOut) continue;
      if (session.kind === 'lease' && session.leaseUntilAt! > now) leases.push({ ...session });
      const end = this.#end(session);
      const nodeEnd = this.#nodes.get(session.node)!.end;
      if (end === null || session.hidden || !ended.has(session.node)) continue;
      if (session.kind === 'lease' && session.leaseUntilAt! <= nodeEnd!.at) continue;
      const key = JSON.stringify([tenant, user]);
      online.set(key, { tenant, user, seenAt: Math.max(end.at, online.get(key)?.seenAt ?? 0) });
    }
    this.#settle();
    return { online: [...new Map<string, Recovery['online'][number]>([...lost, ...online]).values()], leases };
  }
  #told = new Set<string>();

  close(node: string, now: number): void {
    const closed = this.#nodes.get(node)!;
    closed.end = { at: Math.max(closed.aliveAt, now), reason: 'shutdown' };
  }

  write(batch: StoreBatch): void {
    for (const { tenant, user } of batch.forget) this.#forget(tenant, user);
    for (const record of batch.users) {
      const key = JSON.stringify([record.tenant, record.user]);
      this.#records.set(key, [...(this.#records.get(key) ?? []), { ...record }]);
    }
    for (const session of batch.sessions) {
      this.#sessions.set(JSON.stringify([session.tenant, session.user, session.id]), { ...session });
      if (!this.#nodes.has(session.node)) this.#nodes.set(session.node, { aliveAt: 0, end: null });
    }
    for (const { tenant, user, kind, other, present } of batch.relations) {
      this.#relations.set(JSON.stringify([tenant, user, kind, other]), { user: JSON.stringify([tenant, user]), kind, other, present });
    }
    if (batch.beat !== undefined) {
      const node = this.#nodes.get(batch.beat.node) ?? { aliveAt: 0, end: null };
      this.#nodes.set(batch.beat.node, { ...node, aliveAt: Math.max(node.aliveAt, batch.beat.at) });
    }
    this.#settle();
  }

  load(tenant: string, user: string): StoredUser | undefined {
    const key = JSON.stringify([tenant, user]);
    const records = this.#records.get(key);
    const last = records?.at(-1);
    if (records === undefined || last === undefined) return undefined;
    const proofs = this.#proofs.get(key) ?? [];
    const latest = (times: (number | null)[]) => times.reduce((a, b) => (a === null ? b : b === null ? a : Math.max(a, b)), null);
    const heldUntilAt = latest(records.map((each) => each.coarseUntilAt));
    const related = (kind: string) =>
      [...this.#relations.values()].filter((each) => each.user === key && each.kind === kind && each.present).map((each) => each.other);
    return {
      ...last,
      seenAt: latest([...records.map((each) => each.seenAt), ...proofs.map(({ at }) => at)]),
      activeAt: latest(records.map((each) => each.activeAt)),
      restingSeenAt: latest([...records.map((each) => each.restingSeenAt), ...proofs.filter(({ shown }) => shown).map(({ at }) => at)]),
      restingActiveAt: latest(records.map((each) => each.restingActiveAt)),
      coarseUntilAt: heldUntilAt,
      coarseSeenAt: latest(records.filter((each) => each.coarseUntilAt === heldUntilAt).map((each) => each.coarseSeenAt)),
      signedOutAt: latest(records.map((each) => each.signedOutAt)),
      contacts: related('contact').toSorted(),
      blocked: related('block').toSorted(),
    };
  }

  sessions(tenant: string, user: string): SessionRecord[] {
    return [...this.#sessions.values()]
      .filter((session) => session.tenant === tenant && session.user === user)
      .toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1));
  }

  #record(tenant: string, user: string): UserRecord | undefined {
    return this.#records.get(JSON.stringify([tenant, user]))?.at(-1);
  }

  #end(session: SessionRecord): { at: number; reason: string } | null {
    const nodeEnd = this.#nodes.get(session.node)?.end ?? null;
    if (session.endedAt !== null || nodeEnd === null) return null;
    const heardAt = Math.max(session.startedAt, session.seenAt);
    if (session.kind === 'link') return { at: Math.max(heardAt, nodeEnd.at), reason: nodeEnd.reason };
    return session.leaseUntilAt! <= this.#openedAt ? { at: heardAt, reason: 'expired' } : null;
  }

  #settle(): void {
    for (const session of this.#sessions.values()) {
      const end = this.#end(session);
      if (end === null) continue;
      session.endedAt = end.at;
      session.endReason = end.reason;
      const record = this.#record(session.tenant, session.user);
      if (record === undefined || record.optedOut) continue;
      const invisible = record.availability === 'invisible' && (record.availabilityUntilAt === null || record.availabilityUntilAt > end.at);
      const key = JSON.stringify([session.tenant, session.user]);
      this.#proofs.set(key, [...(this.#proofs.get(key) ?? []), { at: end.at, shown: !session.hidden && !invisible }]);
    }
  }

  #forget(tenant: string, user: string): void {
    const key = JSON.stringify([tenant, user]);
    const record = this.#record(tenant, user);
    const never = {
      ...{ seenAt: null, activeAt: null, restingSeenAt: null, restingActiveAt: null },
      ...{ coarseSeenAt: null, coarseUntilAt: null },
    };
    if (record !== undefined) this.#records.set(key, [{ ...record, ...never }]);
    this.#proofs.delete(key);
    for (const session of this.sessions(tenant, user)) this.#sessions.delete(JSON.stringify([tenant, user, session.id]));
  }
}
