import type { Message } from '@porchlight/server';
import { TIMES } from './bounds.ts';
import type { Checks } from './checks.ts';
import type { Sight } from './sight.ts';
import { bucketStartOf, rightsOf, type UserTruth } from './truth.ts';
import { readTold, type Told } from './words.ts';

/** What one connection was last told of each user. */
export interface Memory {
  /** It was answered that it is told of changes from now on. */
  watches: boolean;
  readonly told: Map<string, { online: boolean; event: boolean; version: number; changedAt: number; at: number }>;
}

export const emptyMemory = (): Memory => ({ watches: false, told: new Map() });

interface Hearing {
  viewer: UserTruth;
  memory: Memory;
  /** What the node that speaks can know. */
  sight: Sight;
  /** Names that node. */
  process: string;
  /** Whether a node may be taken for dead at any time, and its beat then for a sign of life. */
  isTroubled: boolean;
  /** By the clock of the node that speaks. */
  nodeNow: number;
  /** How far the clocks of the nodes may be apart. */
  skewMs: number;
  /** The node's wall clock was set since it started. */
  clockWasSet: boolean;
}

/** Hears everything that any client is told, and holds it against the truth. */
export class Observer {
  readonly #checks: Checks;
  readonly #users: ReadonlyMap<string, UserTruth>;
  readonly #now: () => number;
  /** By viewer, target and place: what every connection of that viewer there together was told. */
  readonly #lastSeen = new Map<string, { seenAt: number; at: number; before: number }>();

  constructor(checks: Checks, users: ReadonlyMap<string, UserTruth>, now: () => number) {
    this.#checks = checks;
    this.#users = users;
    this.#now = now;
  }

  hear(message: Message, hearing: Hearing): void {
    if (message[0] === 'snapshot' || message[0] === 'presence:request') hearing.memory.watches = true;
    for (const told of readTold(message, this.#idsOf(hearing.viewer))) this.#hear(told, hearing);
  }

  /** A crash: what was told of this user may have been lost, and will be told no more. */
  forgetUnsafe(target: UserTruth, process: string): void {
    // A rule that was not yet stored may hold again, and with it what it hid.
    const safe = target.settings.certain ? (target.evidenceSafe ?? 0) : 0;
    for (const viewer of this.#users.values()) {
      for (const key of [keyOf(viewer, target, process), `${keyOf(viewer, target, process)} coarse`]) {
        const known = this.#lastSeen.get(key);
        if (known !== undefined && known.seenAt > safe) this.#lastSeen.set(key, { seenAt: safe, at: 0, before: safe });
      }
    }
  }

  #idsOf(viewer: UserTruth): string[] {
    return [...this.#users.values()].filter(({ tenant }) => tenant === viewer.tenant).map(({ id }) => id);
  }

  #hear(told: Told, hearing: Hearing): void {
    const target = this.#users.get(`${hearing.viewer.tenant}/${told.user}`);
    if (target === undefined) return;
    this.#checkState(told, target, hearing);
    this.#checkLastSeen(told, target, hearing);
    this.#checkOrder(told, target, hearing);
  }

  #checkState({ online, kind }: Told, target: UserTruth, { viewer, clockWasSet, sight }: Hearing): void {
    const rights = rightsOf(viewer, target, sight);
    const now = this.#now();
    if (rights === undefined || online === undefined) return;
    const who = `${viewer.id} about ${target.id}`;
    if (!rights.online) {
      this.#checks.that('I6b', !online, () => `${who}: told online, though not allowed to know`);
      return;
    }
    if (online) {
      this.#checks.that('I1b', target.mayBeOnline(now, sight), () => `${who}: told online by ${kind}; ${describe(target, now)}`);
      return;
    }
    const must = target.mustBeOnline(now, sight);
    this.#checks.that('I1a', !must, () => `${who}: told offline by ${kind}; ${describe(target, now)}`);
    if (kind === 'event')
      this.#checks.that(clockWasSet ? 'I9' : 'I13', !must, () => `${who}: told offline too early; ${describe(target, now)}`);
  }

  #checkLastSeen({ lastSeenAt }: Told, target: UserTruth, hearing: Hearing): void {
    const { viewer, nodeNow, skewMs, sight, process, isTroubled } = hearing;
    if (lastSeenAt === undefined) return;
    const who = `${viewer.id} about ${target.id}`;
    const rights = rightsOf(viewer, target, sight);
    if (rights?.coarse === true) {
      this.#checkCoarse(lastSeenAt, target, hearing);
      return;
    }
    if (rights?.lastSeen === false) {
      this.#checks.that('I6b', lastSeenAt === null, () => `${who}: last seen is told, though not allowed to be known`);
      return;
    }
    if (lastSeenAt === null) return;
    // It may be coarse, and then lie before an exact one; or the other way round.
    const mayBeCoarse = rights === undefined && target.hasAllowedBuckets;
    const latest = target.isBeingHeard || isTroubled ? nodeNow : target.evidenceMax;
    const slackMs = skewMs + sight.beatSlackMs(latest ?? 0);
    this.#checks.that(
      'I2',
      latest !== null && lastSeenAt <= latest + slackMs && lastSeenAt <= nodeNow + skewMs,
      () =>
        `${who}: last seen ${seconds(lastSeenAt - nodeNow)} from now, last evidence ${latest === null ? 'none' : seconds(latest - nodeNow)}`,
    );
    if (!mayBeCoarse) this.#checkNotBack('I2', keyOf(viewer, target, process), lastSeenAt, skewMs, who);
  }

  #checkNotBack(invariant: 'I2' | 'I6c', key: string, lastSeenAt: number, slackMs: number, who: string): void {
    const known = this.#lastSeen.get(key) ?? { seenAt: 0, at: 0, before: 0 };
    const now = this.#now();
    // Of two connections of a viewer, one may be answered while the other is told of a change: within an instant there is no order.
    const before = known.at === now ? known.before : known.seenAt;
    this.#checks.that(invariant, lastSeenAt + slackMs >= before, () => `${who}: last seen went back by ${seconds(before - lastSeenAt)}`);
    this.#lastSeen.set(key, { seenAt: Math.max(known.seenAt, lastSeenAt), at: now, before });
  }

  // Whoever may know the bucket only is told its beginning; of the two youngest that of the older one; and of a return in this one nothing.
  #checkCoarse(lastSeenAt: number | null, target: UserTruth, { viewer, nodeNow, skewMs, process, isTroubled, clockWasSet }: Hearing): void {
    const { settings } = target;
    // What was done under other rules in this bucket was not held back.
    if (lastSeenAt === null || clockWasSet || skewMs > 0) return;
    const who = `${viewer.id} about ${target.id}`;
    const recentAt = bucketStartOf(nodeNow) - TIMES.lastSeenBucketMs;
    this.#checks.that(
      'I6c',
      lastSeenAt === bucketStartOf(lastSeenAt) && lastSeenAt <= recentAt,
      () => `${who}: coarsely seen ${seconds(lastSeenAt - nodeNow)} from now, which is no beginning of a bucket that may be told`,
    );
    if (!isTroubled && bucketStartOf(settings.changedAt) !== bucketStartOf(this.#now())) {
      const before = target.evidenceBefore(nodeNow);
      this.#checks.that(
        'I6c',
        before !== null && lastSeenAt <= before,
        () => `${who}: coarsely seen ${seconds(lastSeenAt - nodeNow)} from now, last evidence before this bucket ${before}`,
      );
    }
    this.#checkNotBack('I6c', `${keyOf(viewer, target, process)} coarse`, lastSeenAt, 0, who);
  }

  #checkOrder(
    { kind, online, version = 0 }: Told,
    target: UserTruth,
    { viewer, memory, sight, skewMs, process, isTroubled }: Hearing,
  ): void {
    if (online === undefined) return;
    const before = memory.told.get(target.id);
    const { changedAt } = target.settings;
    const certain = target.settings.certain && sight.mustHold(target.settings);
    if (kind === 'event' && before !== undefined) {
      const who = `${viewer.id} about ${target.id}`;
      const sameRules = certain && changedAt === before.changedAt;
      if (sameRules && version > 0 && before.version > 0)
        this.#checks.that('I4b', version >= before.version, () => `${who}: version ${version} after ${before.version}`);
      // A change of rules may tell the same state with another last seen.
      // Whoever may not see the user online may still be told a later last seen.
      // So may a node that was cut off, when it tells of its users again, or a time that was ahead of this node's clock and is not any more.
      const sameTimes = process === '' || (skewMs === 0 && !isTroubled);
      if (sameRules && sameTimes && version === 0 && rightsOf(viewer, target, sight)?.online === true)
        this.#checks.that(
          'I4b',
          before.online !== online || !before.event,
          () => `${who}: told ${online ? 'online' : 'offline'} twice in a row`,
        );
    }
    // Within one instant a connection is first answered and then told of what is newer, never the other way round.
    const now = this.#now();
    if (kind === 'answer' && before?.at === now && version > 0 && before.version > 0 && certain && changedAt === before.changedAt)
      this.#checks.that('I4b', version >= before.version, () => `${viewer.id} about ${target.id}: an older answer took a change back`);
    // What a client is told about itself as a sender is no change of the others' state.
    memory.told.set(target.id, { online, event: kind === 'event', version, changedAt: certain ? changedAt : -1, at: now });
  }
}

const keyOf = (viewer: UserTruth, target: UserTruth, process: string) => `${target.tenant}/${viewer.id}/${target.id}/${process}`;

const seconds = (ms: number) => `${(ms / 1_000).toFixed(3)} s`;

function describe(target: UserTruth, now: number): string {
  const sessions = [...target.sessions].map(
    ({ kind, device, live, shown, notBefore, endBy }) =>
      `${kind} ${device} ${live ? 'live' : `over between ${seconds(notBefore - now)} and ${seconds(endBy - now)} from now`}${shown === 'yes' ? '' : `, shown: ${shown}`}`,
  );
  return sessions.length === 0 ? 'no session' : sessions.join('; ');
}
