import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Stage } from './stage.ts';
import { type Watcher, Watches } from './watches.ts';

const USERS = 12;
const OWNERS = 6;

test('[S10.1] the packed edges hold what sets of pairs would', () => {
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
      const watchers = Array.from({ length: OWNERS }, (_, owner) => watches.join(owner));
      const model = watchers.map(() => new Set<number>());
      for (const { type, owner, user } of actions) {
        const watcher = watchers[owner] as Watcher<number>;
        const known = model[owner] as Set<number>;
        const watched = users[user] as (typeof users)[number];
        if (type === 'add') expect(watches.add(watcher, watched)).toBe(!known.has(user) && Boolean(known.add(user)));
        else if (type === 'remove') expect(watches.remove(watcher, watched)).toBe(known.delete(user));
        else {
          if (type === 'clear') watches.clear(watcher);
          else watches.leave(watcher);
          known.clear();
          // A watcher that left is replaced; its place may be taken by it.
          if (type !== 'clear') watchers[owner] = watches.join(owner);
        }
      }
      expect(watches.size).toBe(model.reduce((sum, each) => sum + each.size, 0));
      for (const [owner, known] of model.entries()) {
        const watcher = watchers[owner] as Watcher<number>;
        expect(watcher.size).toBe(known.size);
        expect([...watches.usersOf(watcher)].sort((a, b) => a - b)).toEqual(
          [...known].map((user) => users[user]!.index).sort((a, b) => a - b),
        );
      }
      for (const [index, user] of users.entries()) {
        const owners: number[] = [];
        watches.eachWatcher(user, (watcher) => owners.push(watcher.owner));
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
  const one = watches.join('one');
  for (const user of users) watches.add(one, user);
  expect(watches.size).toBe(3_000);
  expect(watches.has(one, users[2_999]!)).toBe(true);
  watches.leave(one);
  watches.leave(one);
  expect(watches.size).toBe(0);
  const two = watches.join('two');
  watches.add(two, users[0]!);
  watches.clear(one);
  expect(watches.remove(one, users[0]!)).toBe(false);
  expect([...watches.usersOf(one)]).toEqual([]);
  expect(watches.has(two, users[0]!)).toBe(true);
});
