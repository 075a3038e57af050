import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Engine } from './engine.ts';
import { ENGINE_DEFAULTS } from './policy.ts';
import { as, Stage } from './stage.ts';
import type { User } from './user.ts';
import { type Watcher, Watches } from './watches.ts';

/** The memory itself is only looked at in long runs: `TRANSITIONS=1000000 npm test -- packages/engine/src/flat.test.ts`. */
const TRANSITIONS = Number(process.env.TRANSITIONS ?? 100_000);
const IS_LONG = TRANSITIONS >= 1_000_000;
const PEOPLE = 500;
const WATCHERS = 50;
const ROUNDS = 5;

/** Comes and goes in every way there is. */
class Crowd {
  readonly stage = new Stage();
  readonly watches = new Watches<number>();
  readonly watchers: Watcher[] = [];
  readonly kinds = new Map<string, number>();
  transitions = 0;
  /** The most there were at one time. */
  readonly most = { sessions: 0, watches: 0, watchBytes: 0 };
  #sessions: { number: number; name: string }[] = [];
  #seed = 1;

  /** A number below `end`: always the same ones. */
  #any(end: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * end);
  }

  turn(): void {
    const turn = this.transitions++;
    const name = `person ${this.#any(PEOPLE)}`;
    const session = this.#sessions[this.#any(this.#sessions.length)];
    const { stage } = this;
    const kind = (['open', 'leave', 'lost', 'resume', 'activity', 'alive'] as const)[session === undefined ? 0 : this.#any(6)];
    this.kinds.set(`${kind}`, (this.kinds.get(`${kind}`) ?? 0) + 1);
    if (kind === 'open' || session === undefined) this.#open(name);
    else if (kind === 'leave') this.#leave(session);
    else if (kind === 'activity')
      stage.step({ type: kind, session: session.number, idleMs: this.#any(600_000), background: turn % 3 === 0 });
    else if (kind === 'alive') stage.step({ type: kind, session: session.number, of: turn % 2 === 0 ? 'page' : 'link' });
    else stage.step({ type: kind ?? 'lost', session: session.number });
    this.#look(turn);
    this.#say(name, turn);
    this.most.sessions = Math.max(this.most.sessions, stage.engine.sessionCount);
    this.most.watches = Math.max(this.most.watches, this.watches.size);
    if (turn % 100 === 0) this.most.watchBytes = Math.max(this.most.watchBytes, this.watches.tableBytes);
    if (turn % 10 === 0) stage.advance(900);
    if (turn % 1_000 === 0) this.#sessions = this.#sessions.filter(({ number }) => stage.engine.session(number) !== undefined);
    stage.outcomes.length = 0;
  }

  #open(name: string): void {
    const kind = this.#any(3) === 0 ? ({ kind: 'lease', leaseMs: 30_000 } as const) : { answersPing: true };
    const number = this.stage.open(name, { deviceKey: this.#any(2) === 0 ? `device of ${name}` : null, ...kind });
    this.#sessions.push({ number, name });
  }

  #leave(session: { number: number; name: string }): void {
    if (this.#any(50) === 0) this.stage.step({ type: 'sign-out', tenant: 'app', user: session.name, reason: 'signed-out' });
    else this.stage.step({ type: 'leave', session: session.number, reason: 'left' });
  }

  #look(turn: number): void {
    const watcher = this.watchers[turn % WATCHERS] ?? this.watches.join(turn, as('viewer'));
    this.watchers[turn % WATCHERS] = watcher;
    const user = this.stage.engine.roster.at((turn * 31) % this.stage.engine.roster.tableSize);
    if (user === undefined) return;
    if (!this.watches.remove(watcher, user)) this.watches.add(watcher, user);
    if (turn % 900 === 0) {
      this.watches.leave(watcher);
      this.watchers[turn % WATCHERS] = this.watches.join(turn, as('viewer'));
    }
  }

  #say(name: string, turn: number): void {
    const { stage } = this;
    if (stage.engine.roster.find('app', name) === undefined) return;
    const settings = { type: 'settings', tenant: 'app', user: name } as const;
    const slot = { status: 'online', certainty: 'certain', sinceAt: stage.now, platforms: [`p${turn}`] } as const;
    const there = { type: 'slot', tenant: 'app', user: name, node: 'b', seenAt: stage.now, activeAt: null } as const;
    if (turn % 11 === 0) stage.step({ type: 'typing', tenant: 'app', from: name, to: 'x', conversation: `${turn}`, isTyping: true });
    if (turn % 13 === 0) stage.step({ ...settings, availability: 'busy', text: `${turn}`, untilAt: stage.now + 5_000 });
    if (turn % 17 === 0) stage.step({ ...settings, onlineRule: turn % 2 === 0 ? 'nobody' : 'everyone', optedOut: turn % 51 === 0 });
    if (turn % 19 === 0) stage.step({ ...there, slot });
    if (turn % 19 === 9) stage.step({ ...there, slot: null });
    if (turn % 23 === 0)
      stage.step({ type: 'relate', tenant: 'app', user: name, kind: 'block', others: [`other ${turn}`], present: turn % 2 === 0 });
  }

  /** Everybody goes, and is forgotten. */
  rest(): void {
    const { stage, watches } = this;
    const users = [...stage.engine.roster.all()];
    for (const user of users)
      stage.step({ type: 'slot', tenant: 'app', user: user.id, node: 'b', slot: null, seenAt: null, activeAt: null });
    for (const { number } of this.#sessions) stage.step({ type: 'leave', session: number, reason: 'left' });
    this.#sessions = [];
    stage.advance(1_000_000);
    for (const watcher of this.watchers.splice(0)) watches.leave(watcher);
    for (const user of users) expect(stage.engine.evict(user)).toBe(true);
    stage.outcomes.length = 0;
  }
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const sizesOf = ({ stage: { engine }, watches }: Crowd) => ({
  ...engine.tableSizes(),
  watches: watches.size,
  watchBytes: watches.tableBytes,
});

test(`[S12.11] ${TRANSITIONS} transitions leave nothing behind, and no table larger than it was`, () => {
  const crowd = new Crowd();
  const marks: { sizes: ReturnType<typeof sizesOf>; bytes: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    while (crowd.transitions < ((round + 1) * TRANSITIONS) / (ROUNDS + 1)) crowd.turn();
    crowd.rest();
    marks.push({ sizes: sizesOf(crowd), bytes: IS_LONG ? heapBytes() : 0 });
  }
  const resting = { users: 0, sessions: 0, deadlines: 0, claimEnds: 0, typing: 0, watches: 0 };
  for (const { sizes } of marks) expect(sizes).toMatchObject(resting);
  const { userTable, sessionTable, watchBytes } = (marks.at(-1) as (typeof marks)[number]).sizes as Record<string, number>;
  // Somebody who comes back has two sessions for a moment.
  expect(sessionTable).toBeLessThanOrEqual(crowd.most.sessions + 5);
  expect(crowd.most.watchBytes).toBeLessThan(2 * 16 * crowd.most.watches);
  expect(watchBytes).toBeLessThan(crowd.most.watchBytes / 4);
  expect(userTable).toBeLessThanOrEqual(PEOPLE);
  // What did not happen cannot have left anything behind.
  for (const [kind, count] of crowd.kinds) expect(count, kind).toBeGreaterThan(TRANSITIONS / 10);
  expect(crowd.most).toSatisfy(({ sessions, watches }) => sessions > 100 && watches > 5_000);
  if (IS_LONG) {
    console.log(marks.map(({ bytes }) => `${(bytes / 1e6).toFixed(2)} MB`).join(', '));
    // The first two are for the tables to become as large as they will be, and for the code to be compiled.
    expect((marks.at(-1)?.bytes ?? 0) - (marks[1]?.bytes ?? 0)).toBeLessThan(300_000);
  }
  expect(crowd.stage.engine.nextAt()).toBe(Number.POSITIVE_INFINITY);
}, 300_000);

test('[S12.11] a session that ended, and a user who was let go, can be read by whoever still holds them, though their places are others’', () => {
  const stage = new Stage();
  const held: { user: User; session: NonNullable<ReturnType<Engine['session']>>; was: unknown }[] = [];
  for (let count = 0; count < 300; count++) {
    const number = stage.open(`person ${count}`, { deviceKey: `device ${count}` });
    stage.advance(count);
    stage.step({ type: 'activity', session: number, idleMs: count });
    const session = stage.engine.session(number) as NonNullable<ReturnType<Engine['session']>>;
    const { user } = session;
    stage.step({ type: 'leave', session: number, reason: count % 2 === 0 ? 'left' : 'revoked' });
    held.push({ user, session, was: readable(user, session) });
    expect(stage.engine.evict(user)).toBe(true);
  }
  expect(stage.engine.roster.tableSize).toBe(1);
  expect(stage.engine.tableSizes()).toMatchObject({ sessionTable: 1 });
  for (const { user, session, was } of held) expect(readable(user, session)).toEqual(was);
  expect(held[7]?.was).toMatchObject({ number: 8, endReason: 'revoked', state: 'ended', graceMs: ENGINE_DEFAULTS.graceMs });
});

function readable(user: User, session: NonNullable<ReturnType<Engine['session']>>): Record<string, unknown> {
  const { number, state, endReason, startedAt, seenAt, activeAt, untilAt, kind, shown, graceMs, deviceKey, details } = session;
  return {
    ...{ number, state, endReason, startedAt, seenAt, activeAt, untilAt, kind, shown, graceMs, deviceKey, details },
    user: [user.id, user.seenAt, user.activeAt, user.facts.status, user.slot],
  };
}
