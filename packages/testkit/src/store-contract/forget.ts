import { describe, expect, test } from 'vitest';
import { aBatch, aSession, aUser, loadOne, type OpenPlace, sharedScene, T0 } from './scene.ts';

export function describeForget(open: OpenPlace): void {
  describe('forgetting', () => {
    const scene = sharedScene(open);
    const full = (tenant: string, user: string) => ({
      ...aUser({ tenant, user, availability: 'busy', text: 'here', onlineRule: 'contacts', profile: '{}' }),
      ...{ seenAt: T0 + 1, activeAt: T0 + 1, restingSeenAt: T0 + 1, restingActiveAt: T0 + 1, coarseSeenAt: T0 + 1, coarseUntilAt: T0 + 1 },
    });
    const forgotten = {
      ...{ seenAt: null, activeAt: null, restingSeenAt: null, restingActiveAt: null },
      ...{ coarseSeenAt: null, coarseUntilAt: null },
    };

    test('[I16] every time and session of the user goes, settings and relations stay', async () => {
      const tenant = scene.tenant();
      await scene.store.write(
        aBatch({
          users: [full(tenant, 'ann')],
          sessions: [aSession({ tenant, user: 'ann' }), aSession({ tenant, user: 'ann', id: 'ended', endedAt: T0, endReason: 'left' })],
          relations: [{ tenant, user: 'ann', kind: 'contact', other: 'bob', present: true }],
        }),
      );
      await scene.store.write(aBatch({ forget: [{ tenant, user: 'ann' }] }));
      expect(await loadOne(scene.store, tenant, 'ann')).toEqual({ ...full(tenant, 'ann'), ...forgotten, contacts: ['bob'], blocked: [] });
      expect(await scene.store.sessions(tenant, 'ann', 10)).toEqual([]);
    });

    test('[I16] it comes first in its batch: what the batch says of the user then holds', async () => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ users: [full(tenant, 'ann')], sessions: [aSession({ tenant, user: 'ann', id: 'old' })] }));
      await scene.store.write(
        aBatch({
          forget: [{ tenant, user: 'ann' }],
          users: [aUser({ tenant, user: 'ann', optedOut: true })],
          sessions: [aSession({ tenant, user: 'ann', id: 'new' })],
        }),
      );
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ ...forgotten, optedOut: true });
      expect(await scene.store.sessions(tenant, 'ann', 10)).toMatchObject([{ id: 'new' }]);
    });

    test('[I16] an earlier time may be written again afterwards', async () => {
      const tenant = scene.tenant();
      await scene.store.write(aBatch({ users: [full(tenant, 'ann')] }));
      await scene.store.write(aBatch({ forget: [{ tenant, user: 'ann' }], users: [aUser({ tenant, user: 'ann', seenAt: T0 - 5 })] }));
      expect(await loadOne(scene.store, tenant, 'ann')).toMatchObject({ ...forgotten, seenAt: T0 - 5 });
    });

    test('[T8] neither a namesake in another tenant nor another user is touched', async () => {
      const [one, two] = [scene.tenant(), scene.tenant()];
      const users = [full(one, 'ann'), full(two, 'ann'), full(one, 'bob')];
      await scene.store.write(aBatch({ users, sessions: users.map(({ tenant, user }) => aSession({ tenant, user })) }));
      await scene.store.write(aBatch({ forget: [{ tenant: one, user: 'ann' }] }));
      expect(await loadOne(scene.store, two, 'ann')).toMatchObject({ seenAt: T0 + 1 });
      expect(await loadOne(scene.store, one, 'bob')).toMatchObject({ seenAt: T0 + 1 });
      expect(await scene.store.sessions(two, 'ann', 10)).toHaveLength(1);
      expect(await scene.store.sessions(one, 'bob', 10)).toHaveLength(1);
    });

    test('a user who is not stored can be forgotten, twice', async () => {
      const tenant = scene.tenant();
      await scene.store.write(
        aBatch({
          forget: [
            { tenant, user: 'nobody' },
            { tenant, user: 'nobody' },
          ],
        }),
      );
      expect(await scene.store.load(tenant, ['nobody'])).toEqual([]);
    });
  });
}
