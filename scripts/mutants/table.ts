/** A small breakage of the source, and what must notice it within a minute. */
export interface Mutant {
  name: string;
  file: string;
  from: string;
  to: string;
  killedBy: Killer;
  /** Where a simulation begins that is known to show it. */
  seed?: number;
}

/**
 * `simulate`, `model`, `pairs`: the commands of those names. `contract`: what every store must do. `cluster`: the tests of several nodes;
 * `several`: the simulator with three of them.
 */
export type Killer = 'simulate' | 'model' | 'pairs' | 'contract' | 'cluster' | 'several';

const ENGINE = 'packages/engine/src';
const SERVER = 'packages/server/src';

export const MUTANTS: readonly Mutant[] = [
  // Sessions and grace
  {
    name: 'half the grace',
    file: `${ENGINE}/sessions.ts`,
    from: 'session.untilAt = now + graceMs;',
    to: 'session.untilAt = now + graceMs / 2;',
    killedBy: 'simulate',
  },
  {
    name: 'noticing an end counts as a sign of life',
    file: `${ENGINE}/sessions.ts`,
    from: "if (proof && session.state === 'live') touch(session, now);",
    to: 'touch(session, now);',
    killedBy: 'model',
  },
  {
    name: 'a device that comes back leaves its lost session behind',
    file: `${ENGINE}/sessions.ts`,
    from: "if (each.state === 'lost' && (sameDevice || each.recovered)) this.#end",
    to: 'if (sameDevice && each.recovered) this.#end',
    killedBy: 'model',
  },
  {
    name: 'a renewed lease keeps its old end',
    file: `${ENGINE}/sessions.ts`,
    from: 'session.untilAt = now + event.leaseMs;',
    to: 'session.untilAt = Math.max(session.untilAt, session.startedAt + event.leaseMs);',
    killedBy: 'simulate',
  },
  {
    name: 'a sign of life counts of sessions that do not',
    file: `${ENGINE}/sessions.ts`,
    from: 'if ((bits & NOT_COUNTING) === 0) this.#step.roster',
    to: 'this.#step.roster',
    killedBy: 'model',
  },
  {
    name: 'a session that is hidden still counts',
    file: `${ENGINE}/settle.ts`,
    from: 'return session.shown && session.state',
    to: 'return session.state',
    killedBy: 'model',
  },
  {
    name: 'the last device asked decides who is awake',
    file: `${ENGINE}/settle.ts`,
    from: 'awake ||= !session.away;',
    to: 'awake = !session.away;',
    killedBy: 'model',
  },
  {
    name: 'nobody ever grows idle',
    file: `${ENGINE}/settle.ts`,
    from: 'return Math.min(session.untilAt, awayAt, session.lifeDueAt);',
    to: 'return Math.min(session.untilAt, session.lifeDueAt) + (awayAt === 0 ? 1 : 0);',
    killedBy: 'model',
  },
  {
    name: 'a lease taken over forgets its last heartbeat',
    file: `${ENGINE}/sessions.ts`,
    from: 'if (counts(session) && (user.seenAt === null || seenAt > user.seenAt)) user.seenAt = seenAt;',
    to: '',
    killedBy: 'simulate',
  },
  // Visibility
  {
    name: 'last seen moves while the user hides',
    file: `${ENGINE}/settle.ts`,
    from: 'if (before.invisible) return { restingSeenAt: before.restingSeenAt',
    to: 'if (before.optedOut) return { restingSeenAt: before.restingSeenAt',
    killedBy: 'pairs',
  },
  {
    name: 'whoever hides goes back to an earlier last seen',
    file: `${ENGINE}/settings.ts`,
    from: 'replaceFacts(user, { claim, policy, ...(isVeiled(before, claim, policy) ? restingTimes(user, before) : null) }, outcome, now);',
    to: 'replaceFacts(user, { claim, policy }, outcome, now);',
    killedBy: 'model',
  },
  {
    name: 'blocking does nothing',
    file: `${ENGINE}/visibility.ts`,
    from: 'policy.blocked.has(viewer.user)',
    to: 'policy.blocked.has(id)',
    killedBy: 'model',
  },
  {
    name: 'contacts only means everyone',
    file: `${ENGINE}/visibility.ts`,
    from: "rule === 'everyone' || (rule === 'contacts' && isContact)",
    to: "rule === 'everyone' || rule === 'contacts'",
    killedBy: 'pairs',
  },
  {
    name: 'invisible is only a word',
    file: `${ENGINE}/visibility.ts`,
    from: '((audience & AUDIENCE.online) !== 0 && !facts.invisible)',
    to: '(audience & AUDIENCE.online) !== 0',
    killedBy: 'pairs',
  },
  {
    name: 'last seen of those online is for everybody',
    file: `${ENGINE}/visibility.ts`,
    from: 'lastSeenAt: own ? user.seenAt : mayTime ? shownSeenAt(user, facts) : null,',
    to: 'lastSeenAt: own ? user.seenAt : shownSeenAt(user, facts),',
    killedBy: 'model',
  },
  {
    name: 'whoever stops hiding tells how long they hid',
    file: `${ENGINE}/visibility.ts`,
    from: 'Math.max(facts.sinceAt as number, user.revealedAt)',
    to: 'facts.sinceAt',
    killedBy: 'pairs',
  },
  {
    name: 'the blocked look without signing in',
    file: `${ENGINE}/visibility.ts`,
    from: '(viewer.user === null || policy.blocked.has(viewer.user))',
    to: 'viewer.user !== null && policy.blocked.has(viewer.user)',
    killedBy: 'pairs',
  },
  {
    name: 'counts hold those who hide',
    file: `${ENGINE}/tenant.ts`,
    from: 'for (const user of this.#guarded) if (showsOnline(user, viewer)) count += 1;',
    to: 'count += this.#guarded.size;',
    killedBy: 'pairs',
  },
  {
    name: 'a version tells of what is hidden',
    file: `${ENGINE}/visibility.ts`,
    from: 'own ? facts.ownVersion : restingVersion(facts, audience);',
    to: 'facts.ownVersion;',
    killedBy: 'pairs',
  },
  // Fan-out and dispatcher
  {
    name: 'a change overtakes an older answer',
    file: `${SERVER}/fanout.ts`,
    from: 'connection.answering !== undefined || ',
    to: '',
    killedBy: 'simulate',
  },
  {
    name: 'a slow reader is written to on and on',
    file: `${SERVER}/fanout.ts`,
    from: 'if (bufferedBytes <= this.#options.sendBufferBytesMax) {',
    to: 'if (bufferedBytes >= 0) {',
    killedBy: 'simulate',
  },
  {
    name: 'all audiences share one encoding',
    file: `${SERVER}/shared-encodings.ts`,
    from: 'const key = format * AUDIENCES + audience;',
    to: 'const key = format * AUDIENCES + (audience === -1 ? 1 : 0);',
    killedBy: 'simulate',
  },
  {
    name: 'what waits for a tick is forgotten',
    file: `${SERVER}/fanout.ts`,
    from: 'this.#flushAll([...this.#waiting], now)',
    to: 'this.#waiting.clear()',
    killedBy: 'model',
  },
  {
    name: 'whoever says so is somebody else',
    file: `${SERVER}/actions.ts`,
    from: "if (!this.#options.identities.open) throw new PorchlightError('FORBIDDEN', 'The message names another user than the one signed in.');",
    to: 'if (!this.#options.identities.open) return;',
    killedBy: 'simulate',
  },
  // Gateway
  {
    name: 'a message answered late begins a session for ever',
    file: `${SERVER}/gateway.ts`,
    from: 'if (connection.closed || identity === null || connection.session !== null',
    to: 'if (identity === null || connection.session !== null',
    killedBy: 'simulate',
    seed: 456,
  },
  {
    name: 'a goodbye that comes after the loss ends the grace',
    file: `${SERVER}/gateway.ts`,
    from: '  left(connection: Connection): void {\n    if (connection.closed || this.isDraining) return;',
    to: '  left(connection: Connection): void {\n    if (this.isDraining) return;',
    killedBy: 'simulate',
  },
  // Stores and write-behind
  {
    name: 'a refused write is forgotten',
    file: `${SERVER}/write-behind.ts`,
    from: 'if (!succeeded) this.#pending.addBefore(taken);',
    to: '',
    killedBy: 'simulate',
  },
  {
    name: 'durable before it is written',
    file: `${SERVER}/write-behind.ts`,
    from: 'this.#waiters.push({ user, resolve, reject });\n      this.#write();',
    to: 'resolve();\n      void reject;',
    killedBy: 'simulate',
  },
  {
    name: 'one of two devices leaves just before a crash and takes its last seen with it',
    file: `${SERVER}/write-behind.ts`,
    from: "if (session.state !== 'live') this.#pending.users.add(session.user);",
    to: '',
    killedBy: 'simulate',
  },
  {
    name: 'the node never says that it lives',
    file: `${SERVER}/write-behind.ts`,
    from: 'batch.beat = { node: this.#node, at: now };',
    to: '',
    killedBy: 'simulate',
  },
  {
    name: 'a crash is dated when it is noticed',
    file: `${SERVER}/stores/memory.ts`,
    from: 'entry.endedAt ??= entry.aliveAt;',
    to: 'entry.endedAt ??= now;',
    killedBy: 'contract',
  },
  {
    name: 'whoever was lost when the process ended has no grace left',
    file: `${SERVER}/stores/memory.ts`,
    from: 'return leaseUntilAt - held.endedAt;',
    to: 'return leaseUntilAt - leaseUntilAt;',
    killedBy: 'contract',
  },
  {
    name: 'the later writer wins, whatever the time',
    file: `${SERVER}/stores/memory.ts`,
    from: 'seenAt: later(stored.seenAt, given.seenAt),',
    to: 'seenAt: given.seenAt,',
    killedBy: 'contract',
  },
  {
    name: 'nobody is taken over from a process that died',
    file: `${SERVER}/presence-service.ts`,
    from: 'for (const { tenant, user, seenAt, graceMs } of online) this.#recover(tenant, user, seenAt, undefined, graceMs);',
    to: '',
    killedBy: 'simulate',
  },

  // Several nodes
  {
    name: 'a meeting point that came back takes what is meant for the one before',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: 'if (!isOpen(shard, run)) return RUN_REFUSED;\n      const fence = shard.fences.get(incarnation);\n      if (fence === undefined)',
    to: 'const fence = shard.fences.get(incarnation);\n      if (fence === undefined)',
    killedBy: 'several',
  },
  {
    name: 'a beat brings the dead back',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: "if (known === undefined) return { refused: state.dead.has(incarnation) ? 'fenced' : 'unknown' };\n      state.nodes.set(incarnation, Math.max(known, until));",
    to: 'state.nodes.set(incarnation, Math.max(known ?? 0, until));',
    killedBy: 'cluster',
  },
  {
    name: 'a late beat shortens the lease',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: 'state.nodes.set(incarnation, Math.max(known, until));',
    to: 'state.nodes.set(incarnation, until);',
    killedBy: 'cluster',
  },
  {
    name: 'a write that comes again is carried out again',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: "if (op <= fence) return { refused: 'late' };",
    to: '',
    killedBy: 'cluster',
  },
  {
    name: 'of the dead everything is accepted',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: "if (fence === FENCED) return { refused: 'fenced' };\n      if (op",
    to: 'if (op',
    killedBy: 'cluster',
  },
  {
    name: 'a fence is gone before the last slot',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: 'else shard.fences.set(incarnation, FENCED);',
    to: 'else endFence(shard, incarnation);',
    killedBy: 'cluster',
  },
  {
    name: 'whoever was reaped may attach again',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: ' || shard.reaped.has(incarnation)',
    to: '',
    killedBy: 'cluster',
  },
  {
    name: 'an epoch follows its forerunner, not the time',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: 'Math.max(shard.epoch, epoch, Math.floor(now())) + 1',
    to: 'shard.epoch + 1',
    killedBy: 'cluster',
  },
  {
    name: 'leases that are over all at once are believed',
    file: `${SERVER}/cluster/memory-meeting-point.ts`,
    from: 'if (now() - doubtedSince < leaseMs) return false;',
    to: '',
    killedBy: 'cluster',
  },
  {
    name: 'nobody reaps the dead',
    file: `${SERVER}/cluster/undertaker.ts`,
    from: 'if (this.#isMine(dead, census))',
    to: 'if (this.#isMine(dead, census) && this.#options.isOwn(dead.incarnation))',
    killedBy: 'cluster',
  },
  {
    name: 'slots of the dead are dropped before their users are taken over',
    file: `${SERVER}/cluster/undertaker.ts`,
    from: '// They must be seen here before they are seen to have gone there.\n        await written();',
    to: '',
    killedBy: 'cluster',
  },
  {
    name: 'the users of a dead node get no grace',
    file: `${SERVER}/neighbours.ts`,
    from: 'online: links.map((name) => ({ ...online.get(keyOf(name)), ...name, seenAt: seenAtOf(name) })),',
    to: 'online: links.slice(links.length).map((name) => ({ ...name, seenAt: seenAtOf(name) })),',
    killedBy: 'cluster',
  },
  {
    name: 'whoever is back elsewhere is taken over all the same',
    file: `${SERVER}/cluster/member.ts`,
    from: 'node !== held.incarnation && arrivedAt > diedAt',
    to: 'node !== held.incarnation && arrivedAt > Number.POSITIVE_INFINITY',
    killedBy: 'cluster',
  },
  {
    name: 'logs are not compared',
    file: `${SERVER}/cluster/shard-reader.ts`,
    from: 'if (windowOver || seq > this.#seq) this.#catchUp();',
    to: 'if (windowOver) this.#catchUp();',
    killedBy: 'cluster',
  },
  {
    name: 'after a loss what is not there yet is taken for gone',
    file: `${SERVER}/cluster/member.ts`,
    from: 'windowMs: WINDOW_MS,',
    to: 'windowMs: 0,',
    killedBy: 'cluster',
  },
  {
    name: 'what happened meanwhile is told as if it happened now',
    file: `${SERVER}/cluster/shard-reader.ts`,
    from: 'this.#apply(entries.filter(({ seq }) => seq > before));',
    to: 'for (const entry of entries) if (entry.seq > this.#seq) this.#apply([entry]);',
    killedBy: 'cluster',
  },
  {
    name: 'a node that goes on as another forgets what it has',
    file: `${SERVER}/neighbours.ts`,
    from: 'if (user.slot !== null) cluster.put({ tenant: user.tenant.name, user: user.id }, user.slot, timesOf(user));',
    to: '',
    killedBy: 'cluster',
  },
  {
    name: 'one node keeps to itself what it stored',
    file: `${SERVER}/neighbours.ts`,
    from: "this.#options.cluster.tell(name, { kind: 'stored' });",
    to: '',
    killedBy: 'cluster',
  },
  {
    name: 'a node overwrites the settings that another stored',
    file: `${SERVER}/stores/memory.ts`,
    from: '...(keepsSettings && { availability, availabilityUntilAt, text, onlineRule, lastSeenRule, coarseLastSeenRule, optedOut }),',
    to: '',
    killedBy: 'cluster',
  },
  {
    name: 'nobody doubts a node that is cut off',
    file: `${SERVER}/cluster/member.ts`,
    from: 'return this.#options.clock.now() - this.#heardAt > LEASE_MS - 2 * BEAT_MS;',
    to: 'return false;',
    killedBy: 'cluster',
  },
  {
    name: 'who came and went unheard was never seen',
    file: `${SERVER}/cluster/shard-writer.ts`,
    from: 'if (slot === null && unheard !== undefined && unheard.slot !== null) this.#tellSeen(name, times);',
    to: '',
    killedBy: 'cluster',
  },
  {
    name: 'logging out leaves leases on other nodes',
    file: `${SERVER}/neighbours.ts`,
    from: "if (note.kind === 'ended') this.#endLeases(name, note.deviceKey, note.at);\n    else if",
    to: 'if',
    killedBy: 'cluster',
  },
];
