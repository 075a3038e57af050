import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aBatch, aSession, aUser, loadOne, type OpenPlace, SEED, sharedScene, T0 } from './scene.ts';

const TIMES = ['seenAt', 'activeAt', 'restingSeenAt', 'restingActiveAt', 'coarseUntilAt', 'signedOutAt'] as const;

export function describeUsers(open: OpenPlace): void {
  describe('users', () => {
    const scene = sharedScene(open);

    test('a user who was never stored is absent', async () => {
      expect(await scene.store.load(scene.tenant(), ['nobody'])).toEqual([]);
    });

    test('loading nobody gives nobody', async () => {
      expect(await scene.store.load(scene.tenant(), [])).toEqual([]);
    });

    test('everything of a record comes back as it was given', async () => {
      const record = aUser({
        tenant: scene.tenant(),
        user: 'ann',
        seenAt: T0 + 1,
        activeAt: T0 + 2,
        restingSeenAt: T0 + 3,
        restingActiveAt: T0 + 4,
        coarseSeenAt: T0 - 9,
        coarseUntilAt: T0 + 6,
        availability: 'dnd',
        availabilityUntilAt: T0 + 5,
        text: 'In a meeting — 会議中 🏠',
        onlineRule: 'contacts',
        lastSeenRule: 'nobody',
        coarseLastSeenRule: 'contacts',
        optedOut: true,
        profile: '{"name":"Ann \\"the\\" Lamp"}',
      });
      await scene.store.write(aBatch({ users: [record] }));
      expect(await loadOne(scene.store, record.tenant, 'ann')).toEqual({ ...record, contacts: [], blocked: [] });
    });

    test.each(['auto', 'away', 'busy', 'dnd', 'invisible'] as const)('keeps the availability %s', async (availability) => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann', availability })] }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ availability });
    });

    test('settings are replaced, also by null', async () => {
      const tenant = scene.tenant();
      const set = aUser({ tenant, user: 'ann', availability: 'busy', availabilityUntilAt: T0, text: 'x', profile: '{}', optedOut: true });
      await scene.store.write(aBatch({ users: [set] }));
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })] }));
      expect(await loadOne(scene.store, tenant, 'ann')).toEqual({ ...aUser({ tenant, user: 'ann' }), contacts: [], blocked: [] });
    });

    test('asking twice for a user gives that user once', async () => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })] }));
      expect(await scene.store.load(tenant, ['ann', 'ann', 'bob', 'ann'])).toHaveLength(1);
    });

    test('1,000 users in one call', async () => {
      const tenant = scene.tenant();
      const users = Array.from({ length: 1_000 }, (_, index) => aUser({ tenant, user: `user-${index}`, seenAt: T0 + index }));
      await scene.store.write(aBatch({ users }));
      const found = await scene.store.load(
        tenant,
        users.map(({ user }) => user),
      );
      expect(new Map(found.map(({ user, seenAt }) => [user, seenAt]))).toEqual(new Map(users.map(({ user, seenAt }) => [user, seenAt])));
    });

    test('[I2] never seen stays null, whatever else is written', async () => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })], beat: { node: 'node-1', at: T0 + 1 } }));
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann', availability: 'away', text: 'new here' })] }));
      const found = await loadOne(scene.store, tenant, 'ann');
      for (const time of TIMES) expect(found?.[time]).toBeNull();
    });

    test.each(TIMES)('[I2] an earlier %s does not replace a later one, nor does null', async (time) => {
      const tenant = scene.tenant();
      for (const at of [T0 + 100, T0 + 50, null, T0 + 99]) {
        await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann', [time]: at })] }));
        expect((await loadOne(scene.store, tenant, 'ann'))?.[time]).toBe(T0 + 100);
      }
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann', [time]: T0 + 101 })] }));
      expect((await loadOne(scene.store, tenant, 'ann'))?.[time]).toBe(T0 + 101);
    });

    test.each([
      ['a later end brings its time', [8, 100], [5, 101], [5, 101]],
      ['also when that is never', [8, 100], [null, 101], [null, 101]],
      ['an earlier end changes nothing', [8, 100], [9, 99], [8, 100]],
      ['nor does none', [8, 100], [null, null], [8, 100]],
      ['of two with one end the later time stays', [8, 100], [7, 100], [8, 100]],
      ['whichever comes first', [7, 100], [8, 100], [8, 100]],
      ['any time is later than never', [null, 100], [7, 100], [7, 100]],
    ] as const)('[I6c] what is held back until an end: %s', async (_, first, second, expected) => {
      const tenant = scene.tenant();
      const after = (ms: number | null) => (ms === null ? null : T0 + ms);
      const held = ([seen, until]: readonly [number | null, number | null]) => ({ coarseSeenAt: after(seen), coarseUntilAt: after(until) });
      for (const each of [first, second]) await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann', ...held(each) })] }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject(held(expected));
    });

    test('the time 0 is a time, not never', async () => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann', seenAt: 0 })] }));
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })] }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ seenAt: 0, activeAt: null });
    });

    test('a time with a fraction is stored without it, and holds nothing up', async () => {
      const tenant = scene.tenant();
      const users = [aUser({ tenant, user: 'ann', seenAt: T0 + 0.5, activeAt: T0 - 0.25, availabilityUntilAt: T0 + 1.75 })];
      const sessions = [aSession({ tenant, user: 'ann', startedAt: T0 + 0.1, seenAt: T0 + 0.9, endedAt: T0 + 1.1, endReason: 'left' })];
      await scene.store.write(aBatch({ users, sessions }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ seenAt: T0, activeAt: T0 - 1, availabilityUntilAt: T0 + 1 });
      expect(await scene.store.sessions(tenant, 'ann', 1)).toMatchObject([{ startedAt: T0, seenAt: T0, endedAt: T0 + 1 }]);
    });

    test('a user twice in one batch: the latest times, the last settings', async () => {
      const tenant = scene.tenant();
      const users = [
        aUser({ tenant, user: 'ann', seenAt: T0 + 9, text: 'first' }),
        aUser({ tenant, user: 'ann', seenAt: T0 + 3, text: 'last' }),
      ];
      await scene.store.write(aBatch({ users }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ seenAt: T0 + 9, text: 'last' });
    });

    test('[I2] times are the latest of all that was written, in whatever order and grouping', async () => {
      const at = fc.option(fc.integer({ min: T0, max: T0 + 1_000 }), { nil: null });
      const record = fc.record({ seenAt: at, activeAt: at, restingSeenAt: at, restingActiveAt: at, coarseUntilAt: at, signedOutAt: at });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(record, { maxLength: 4 }), { maxLength: 8 }), async (batches) => {
          const tenant = scene.tenant();
          const user = 'ann';
          await Promise.all(
            batches.map((users) => scene.store.write(aBatch({ users: users.map((times) => aUser({ tenant, user, ...times })) }))),
          );
          const found = await loadOne(scene.store, tenant, user);
          for (const time of TIMES) {
            const given = batches.flat().flatMap((times) => times[time] ?? []);
            expect(found?.[time] ?? null).toBe(given.length === 0 ? null : Math.max(...given));
          }
        }),
        { seed: SEED, numRuns: 50 },
      );
    });

    test('[T8] the same user id in two tenants is two users', async () => {
      const [one, two] = [scene.tenant(), scene.tenant()];
      await scene.store.write(aBatch({ users: [aUser({ tenant: one, user: 'ann', seenAt: T0 + 1, text: 'one' })] }));
      expect(await scene.store.load(two, ['ann'])).toEqual([]);
      await scene.store.write(aBatch({ users: [aUser({ tenant: two, user: 'ann', seenAt: T0 + 2, text: 'two' })] }));
      expect(await loadOne(scene.store, one, 'ann')).toMatchObject({ tenant: one, seenAt: T0 + 1, text: 'one' });
      expect(await loadOne(scene.store, two, 'ann')).toMatchObject({ tenant: two, seenAt: T0 + 2, text: 'two' });
    });
  });
}
