import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_CLAIM } from './policy.ts';
import { Facts } from './presence.ts';
import { as, Stage } from './stage.ts';
import { standingOf } from './standing.ts';
import { Telling } from './telling.ts';
import type { User } from './user.ts';
import { audienceOf, tellsApart } from './visibility.ts';
import { type Watcher, Watches } from './watches.ts';

const USERS = 12;
const OWNERS = 6;
const VIEWER = as('viewer');

/** That somebody came online, which everybody is told. */
function arrival(user: User): Telling {
  const standing = standingOf({ status: 'online', certainty: 'certain', sinceAt: 1, platforms: [] }, NO_CLAIM, user.facts.policy);
  return new Telling({
    user,
    before: user.facts,
    after: new Facts({ standing, sinceAt: 1, restingSeenAt: null, restingActiveAt: null }, 1),
  });
}

test('[S10.1] the packed lists hold what sets of pairs would', () => {
  const action = fc.record({
    type: fc.constantFrom('add', 'add', 'add', 'remove', 'clear', 'leave', 'join'),
    owner: fc.nat(OWNERS - 1),
    user: fc.nat(USERS - 1),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const stage = new Stage();
      const users = Array.from({ length: USERS }, (_, index) => stage.load(`u${index}`));
      const watches = new Watches<number>();
      const watchers = Array.from({ length: OWNERS }, (_, owner) => watches.join(owner, VIEWER));
      const model = watchers.map(() => new Set<number>());
      for (const { type, owner, user } of actions) {
        const watcher = watchers[owner] as Watcher;
        const known = model[owner] as Set<number>;
        const watched = users[user] as (typeof users)[number];
        if (type === 'add') expect(watches.add(watcher, watched)).toBe(!known.has(user) && Boolean(known.add(user)));
        else if (type === 'remove') expect(watches.remove(watcher, watched)).toBe(known.delete(user));
        else {
          if (type === 'clear') watches.clear(watcher);
          else watches.leave(watcher);
          known.clear();
          // A watcher that left is replaced; its place may be taken by it.
          if (type !== 'clear') watchers[owner] = watches.join(owner, VIEWER);
        }
      }
      expect(watches.size).toBe(model.reduce((sum, each) => sum + each.size, 0));
      for (const [owner, known] of model.entries()) {
        const watcher = watchers[owner] as Watcher;
        expect(watcher.size).toBe(known.size);
        expect([...watches.usersOf(watcher)].sort((a, b) => a - b)).toEqual(
          [...known].map((user) => users[user]!.index).sort((a, b) => a - b),
        );
      }
      for (const [index, user] of users.entries()) {
        const owners: number[] = [];
        watches.eachTold(arrival(user), (owner) => owners.push(owner));
        const expected = [...model.entries()].filter(([, known]) => known.has(index)).map(([owner]) => owner);
        expect(owners.sort()).toEqual(expected);
        expect(watches.isWatched(user)).toBe(expected.length > 0);
        for (const [owner, known] of model.entries()) expect(watches.has(watchers[owner]!, user)).toBe(known.has(index));
      }
    }),
    { numRuns: 200 },
  );
});

test('[S10.1] they grow, and a watcher that has left can do nothing more', () => {
  const stage = new Stage();
  const users = Array.from({ length: 3_000 }, (_, index) => stage.load(`u${index}`));
  const watches = new Watches<string>();
  const one = watches.join('one', VIEWER);
  for (const user of users) watches.add(one, user);
  expect(watches.size).toBe(3_000);
  expect(watches.has(one, users[2_999]!)).toBe(true);
  watches.leave(one);
  watches.leave(one);
  expect(watches.size).toBe(0);
  const two = watches.join('two', VIEWER);
  watches.add(two, users[0]!);
  watches.clear(one);
  expect(watches.add(one, users[1]!)).toBe(false);
  expect(watches.remove(one, users[0]!)).toBe(false);
  expect([...watches.usersOf(one)]).toEqual([]);
  expect(watches.has(two, users[0]!)).toBe(true);
});

/** Watches beside Sets of the same, in which each watch is turned over: it begins when it was not, and ends when it was. */
class Churn {
  readonly watches = new Watches<number>();
  readonly model: Set<number>[];
  readonly #watchers: Watcher[];
  readonly #users: readonly User[];
  #seed = 1;

  constructor(users: readonly User[], owners: number) {
    this.#users = users;
    this.model = Array.from({ length: owners }, () => new Set<number>());
    this.#watchers = this.model.map((_, owner) => this.watches.join(owner, VIEWER));
  }

  /** A number below `end`, small ones more often: always the same ones. */
  #any(end: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) ** 2 * end);
  }

  turn(): void {
    const owner = this.#any(this.model.length);
    const known = this.model[owner] as Set<number>;
    if (this.#any(300) === 299) {
      this.watches.leave(this.#watchers[owner] as Watcher);
      this.#watchers[owner] = this.watches.join(owner, VIEWER);
      return known.clear();
    }
    const user = this.#any(this.#users.length);
    const [watcher, watched] = [this.#watchers[owner] as Watcher, this.#users[user] as User];
    if (known.delete(user)) expect(this.watches.remove(watcher, watched)).toBe(true);
    else expect(this.watches.add(watcher, known.add(user) && watched)).toBe(true);
  }

  check(): void {
    expect(this.watches.size).toBe(this.model.reduce((sum, { size }) => sum + size, 0));
    for (const [owner, known] of this.model.entries())
      expect(new Set(this.watches.usersOf(this.#watchers[owner] as Watcher))).toEqual(
        new Set([...known].map((user) => this.#users[user]?.index)),
      );
    for (const [index, user] of this.#users.entries()) {
      const owners: number[] = [];
      this.watches.eachTold(arrival(user), (owner) => owners.push(owner));
      expect(owners.sort((a, b) => a - b)).toEqual(this.model.flatMap((known, owner) => (known.has(index) ? [owner] : [])));
    }
  }

  leave(): void {
    for (const watcher of this.#watchers) this.watches.leave(watcher);
  }
}

const someUsers = (count: number) => {
  const stage = new Stage();
  return Array.from({ length: count }, (_, index) => stage.load(`u${index}`));
};

test('[S12.11] lists of every size come and go for ever in the room of the most there were at once', () => {
  const churn = new Churn(someUsers(200), 120);
  let most = 0;
  let mostBytes = 0;
  for (let turn = 1; turn <= 60_000; turn++) {
    churn.turn();
    most = Math.max(most, churn.watches.size);
    if (turn % 100 === 0) mostBytes = Math.max(mostBytes, churn.watches.tableBytes);
    if (turn % 6_000 === 0) churn.check();
  }
  expect(Math.max(...churn.model.map(({ size }) => size))).toBeGreaterThan(100);
  expect(most).toBeGreaterThan(5_000);
  // Here lists are of many sizes beside few watches, and each size keeps a little.
  expect(mostBytes).toBeLessThan(2 * 16 * most);
  churn.leave();
  expect(churn.watches.tableBytes).toBeLessThan(mostBytes / 4);
});

test('[S12.11] those who watch one user, and whom one watches, may be very many, and their room is given back', () => {
  const [celebrity, ...others] = someUsers(501) as [User, ...User[]];
  const watches = new Watches<number>();
  const watchers = Array.from({ length: 100_000 }, (_, owner) => watches.join(owner, VIEWER));
  for (const watcher of watchers) watches.add(watcher, celebrity);
  for (const user of others) watches.add(watchers[7] as Watcher, user);
  expect(watches.size).toBe(100_500);
  expect(watches.tableBytes).toBeLessThan(36 * watches.size);
  let sum = 0;
  watches.eachTold(arrival(celebrity), (owner) => {
    sum += owner;
  });
  expect(sum).toBe((100_000 * 99_999) / 2);
  for (const watcher of watchers.slice(10)) expect(watches.remove(watcher, celebrity)).toBe(true);
  for (let turn = 0; turn < 10; turn++) expect(watches.has(watchers[turn] as Watcher, celebrity)).toBe(true);
  expect(watches.has(watchers[10] as Watcher, celebrity)).toBe(false);
  expect(watches.tableBytes).toBeLessThan(50_000);
});

type Made<A> = A extends fc.Arbitrary<infer T> ? T : never;
const rule = fc.constantFrom('everyone', 'contacts', 'nobody' as const);
const facts = fc.record({
  onlineRule: rule,
  lastSeenRule: rule,
  coarseLastSeenRule: rule,
  optedOut: fc.boolean(),
  contacts: fc.subarray(['u1', 'u2', 'u3']),
  blocked: fc.subarray(['u1', 'u2', 'u3'], { maxLength: 1 }),
  online: fc.boolean(),
  invisible: fc.boolean(),
  restingSeenAt: fc.constantFrom(null, 1, 2),
});

test('[S7.1] whoever watches is told of a change as if the gate had been asked for each, whoever they have become', () => {
  const setOf = (ids: string[]) => (ids.length === 0 ? null : new Set(ids));
  const factsOf = ({ contacts, blocked, online, invisible, restingSeenAt, ...rules }: Made<typeof facts>) => {
    const policy = { ...rules, contacts: setOf(contacts), blocked: setOf(blocked) };
    const claim = { availability: invisible ? 'invisible' : 'auto', text: null, untilAt: Number.POSITIVE_INFINITY } as const;
    const digest = { status: online ? 'online' : 'offline', certainty: 'certain', sinceAt: online ? 1 : null, platforms: [] } as const;
    return new Facts({ standing: standingOf(digest, claim, policy), sinceAt: digest.sinceAt, restingSeenAt, restingActiveAt: null }, 2);
  };
  const viewer = fc.oneof(
    fc.record({ tenant: fc.constantFrom('app', 'other'), user: fc.constantFrom(null, 'u0', 'u1', 'u2', 'u3', 'u4') }),
    fc.constant({ tenant: 'app', user: null, all: true }),
  );
  const kinds = { told: 0, notTold: 0, most: 0 };
  fc.assert(
    fc.property(facts, facts, fc.array(fc.tuple(viewer, fc.option(viewer)), { maxLength: 8 }), (was, is, viewers) => {
      const user = someUsers(1)[0] as User;
      const watches = new Watches<number>();
      const told: number[] = [];
      for (const [owner, [first, then]] of viewers.entries()) {
        const watcher = watches.join(owner, first);
        watches.add(watcher, user);
        if (then !== null) watches.become(watcher, then);
      }
      const [before, after] = [factsOf(was), factsOf(is)];
      const telling = new Telling({ user, before, after });
      watches.eachTold(telling, (owner) => told.push(owner));
      const expected = viewers.flatMap(([first, then], owner) => {
        const [beforeAudience, audience] = [before, after].map((each) => audienceOf(then ?? first, 'app', user.id, each)) as [
          number,
          number,
        ];
        return tellsApart(before, beforeAudience, after, audience, 'record') ? [owner] : [];
      });
      expect(told).toEqual(expected);
      kinds.told += told.length;
      kinds.notTold += viewers.length - told.length;
      if (telling.most !== undefined) kinds.most += viewers.length;
    }),
    { numRuns: 2_000, seed: 5 },
  );
  for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(500);
});
