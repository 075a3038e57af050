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

/** `simulate`, `model`, `pairs`: the commands of those names. `contract`: what every store must do. */
export type Killer = 'simulate' | 'model' | 'pairs' | 'contract';

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
    from: 'replaceFacts(user, { policy, ...(veiled ? restingTimes(user, before) : null) }, outcome, now);',
    to: 'replaceFacts(user, { policy, ...(veiled ? null : null) }, outcome, now);',
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
    from: 'lastSeenAt: mayTime ? user.seenAt : null,',
    to: 'lastSeenAt: user.seenAt,',
    killedBy: 'model',
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
    from: 'this.#flushAll([...this.#waiting], this.#options.clock.now());',
    to: 'this.#waiting.clear();',
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
    from: 'batch.beat = { node, at: now };',
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
    name: 'the later writer wins, whatever the time',
    file: `${SERVER}/stores/memory.ts`,
    from: 'seenAt: later(stored.seenAt, given.seenAt),',
    to: 'seenAt: given.seenAt,',
    killedBy: 'contract',
  },
  {
    name: 'nobody is taken over from a process that died',
    file: `${SERVER}/presence-service.ts`,
    from: 'for (const { tenant, user, seenAt } of recovery.online) this.#recover(tenant, user, seenAt, undefined);',
    to: '',
    killedBy: 'simulate',
  },
];
