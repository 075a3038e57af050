import type { Relation } from '@porchlight/server';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aBatch, aUser, loadOne, type OpenPlace, SEED, sharedScene, T0 } from './scene.ts';

export function describeRelations(open: OpenPlace): void {
  describe('relations', () => {
    const scene = sharedScene(open);
    const relate = (tenant: string, user: string, kind: Relation['kind'], other: string, present = true): Relation => ({
      tenant,
      user,
      kind,
      other,
      present,
    });

    test('contacts and blocks are two lists', async () => {
      const tenant = scene.tenant();
      const relations = [
        relate(tenant, 'ann', 'contact', 'bob'),
        relate(tenant, 'ann', 'block', 'eve'),
        relate(tenant, 'ann', 'contact', 'eve'),
      ];
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })], relations }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ contacts: ['bob', 'eve'], blocked: ['eve'] });
    });

    test('a relation has one direction', async () => {
      const tenant = scene.tenant();
      const users = [aUser({ tenant, user: 'ann' }), aUser({ tenant, user: 'bob' })];
      await scene.store.write(aBatch({ users, relations: [relate(tenant, 'ann', 'contact', 'bob')] }));
      expect(await loadOne(scene.store, tenant, 'bob')).toMatchObject({ contacts: [], blocked: [] });
    });

    test('one that is no more is gone, one that never was too', async () => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })], relations: [relate(tenant, 'ann', 'contact', 'bob')] }));
      await scene.store.write(
        aBatch({ relations: [relate(tenant, 'ann', 'contact', 'bob', false), relate(tenant, 'ann', 'block', 'eve', false)] }),
      );
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ contacts: [], blocked: [] });
    });

    test('one that is there already stays one', async () => {
      const tenant = scene.tenant();
      const relations = [relate(tenant, 'ann', 'contact', 'bob'), relate(tenant, 'ann', 'contact', 'bob')];
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })], relations }));
      await scene.store.write(aBatch({ relations }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ contacts: ['bob'] });
    });

    test('within a batch the last word counts', async () => {
      const tenant = scene.tenant();
      const relations = [true, false, true, false].map((present) => relate(tenant, 'ann', 'contact', 'bob', present));
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })], relations }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ contacts: [] });
    });

    test('they do not make a user, but are there when one is made', async () => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ relations: [relate(tenant, 'ann', 'block', 'eve')] }));
      expect(await scene.store.load(tenant, ['ann', 'eve'])).toEqual([]);
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })] }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ blocked: ['eve'] });
    });

    test('they survive what is written of the user', async () => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })], relations: [relate(tenant, 'ann', 'contact', 'bob')] }));
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann', seenAt: T0, optedOut: true })] }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ contacts: ['bob'] });
    });

    test('[T8] they stay in their tenant', async () => {
      const [one, two] = [scene.tenant(), scene.tenant()];
      const users = [one, two].map((tenant) => aUser({ tenant, user: 'ann' }));
      await scene.store.write(aBatch({ users, relations: [relate(one, 'ann', 'contact', 'bob'), relate(two, 'ann', 'block', 'bob')] }));
      await scene.store.write(aBatch({ relations: [relate(two, 'ann', 'contact', 'bob', false)] }));
      expect(await loadOne(scene.store, one, 'ann')).toMatchObject({ contacts: ['bob'], blocked: [] });
      expect(await loadOne(scene.store, two, 'ann')).toMatchObject({ contacts: [], blocked: ['bob'] });
    });

    test('a thousand contacts come back', async () => {
      const tenant = scene.tenant();
      const others = Array.from({ length: 1_000 }, (_, index) => `user-${index}`);
      const relations = others.map((other) => relate(tenant, 'ann', 'contact', other));
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })], relations }));
      expect((await loadOne(scene.store, tenant, 'ann'))?.contacts).toEqual(others.toSorted());
    });

    test('any sequence leaves what its last words say', async () => {
      const step = fc.record({
        user: fc.constantFrom('ann', 'bob'),
        kind: fc.constantFrom('contact' as const, 'block' as const),
        other: fc.constantFrom('ann', 'bob', 'eve', '__proto__'),
        present: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const tenant = scene.tenant();
          await scene.store.write(aBatch({ users: ['ann', 'bob'].map((user) => aUser({ tenant, user })) }));
          await Promise.all(steps.map((relation) => scene.store.write(aBatch({ relations: [{ tenant, ...relation }] }))));
          const last = new Map(steps.map((relation) => [`${relation.user} ${relation.kind} ${relation.other}`, relation]));
          const expected = (user: string, kind: string) =>
            [...last.values()].filter((each) => each.user === user && each.kind === kind && each.present).map((each) => each.other);
          for (const user of ['ann', 'bob']) {
            const found = await loadOne(scene.store, tenant, user);
            expect(found?.contacts).toEqual(expected(user, 'contact').toSorted());
            expect(found?.blocked).toEqual(expected(user, 'block').toSorted());
          }
        }),
        { seed: SEED, numRuns: 30 },
      );
    });
  });
}
