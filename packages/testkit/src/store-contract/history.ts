import type { SessionRecord } from '@porchlight/server';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aBatch, aSession, aUser, freshScene, type OpenPlace, SEED, sharedScene, T0 } from './scene.ts';

export function describeHistory(open: OpenPlace): void {
  describe('history', () => {
    const scene = sharedScene(open);
    const ids = (sessions: SessionRecord[]) => sessions.map(({ id }) => id);

    test('a user without sessions has none', async () => {
      expect(await scene.store.sessions(scene.tenant(), 'nobody', 10)).toEqual([]);
    });

    test('everything of a session comes back as it was given', async () => {
      const tenant = scene.tenant();
      const session: SessionRecord = {
        ...aSession({ tenant, user: 'ann', id: 's1', node: 'node-1', kind: 'lease', dialect: 'heartbeat', platform: 'ios' }),
        ...{ appVersion: '1.2.3', device: 'iPhone 17', screen: 'Inbox', startedAt: T0 + 1, seenAt: T0 + 2, leaseUntilAt: T0 + 3 },
        ...{ endedAt: T0 + 4, endReason: 'expired', hidden: true },
      };
      await scene.store.write(aBatch({ users: [aUser({ tenant, user: 'ann' })], sessions: [session] }));
      expect(await scene.store.sessions(tenant, 'ann', 10)).toEqual([session]);
    });

    test('a session written again is replaced whole', async () => {
      const tenant = scene.tenant();
      await scene.store.write(
        aBatch({ sessions: [aSession({ tenant, user: 'ann', screen: 'Inbox', endedAt: T0 + 9, endReason: 'lost' })] }),
      );
      const back = aSession({ tenant, user: 'ann', seenAt: T0 + 10, platform: 'web', hidden: true });
      await scene.store.write(aBatch({ sessions: [back] }));
      expect(await scene.store.sessions(tenant, 'ann', 10)).toEqual([back]);
    });

    test('a session twice in one batch: the last one wins', async () => {
      const tenant = scene.tenant();
      const sessions = ['first', 'last'].map((screen) => aSession({ tenant, user: 'ann', screen }));
      await scene.store.write(aBatch({ sessions }));
      expect(await scene.store.sessions(tenant, 'ann', 10)).toMatchObject([{ screen: 'last' }]);
    });

    test('a session of another node keeps the name of that node', async () => {
      const tenant = scene.tenant();
      const sessions = ['node-1', 'node-x', 'node-y'].map((node, index) =>
        aSession({ tenant, user: 'ann', id: node, node, startedAt: T0 + index }),
      );
      await scene.store.write(aBatch({ sessions }));
      expect((await scene.store.sessions(tenant, 'ann', 10)).map(({ node }) => node)).toEqual(['node-y', 'node-x', 'node-1']);
    });

    test('newest first, whatever the order of writing', async () => {
      const tenant = scene.tenant();
      for (const at of [3, 1, 4, 2])
        await scene.store.write(aBatch({ sessions: [aSession({ tenant, user: 'ann', id: `s${at}`, startedAt: T0 + at })] }));
      expect(ids(await scene.store.sessions(tenant, 'ann', 10))).toEqual(['s4', 's3', 's2', 's1']);
    });

    test('at most as many as asked for, and none for 0', async () => {
      const tenant = scene.tenant();
      const sessions = [1, 2, 3].map((at) => aSession({ tenant, user: 'ann', id: `s${at}`, startedAt: T0 + at }));
      await scene.store.write(aBatch({ sessions }));
      expect(ids(await scene.store.sessions(tenant, 'ann', 2))).toEqual(['s3', 's2']);
      expect(await scene.store.sessions(tenant, 'ann', 0)).toEqual([]);
    });

    test('`before` leaves out what started then or later', async () => {
      const tenant = scene.tenant();
      const sessions = [1, 2, 3].map((at) => aSession({ tenant, user: 'ann', id: `s${at}`, startedAt: T0 + at }));
      await scene.store.write(aBatch({ sessions }));
      expect(ids(await scene.store.sessions(tenant, 'ann', 10, T0 + 3))).toEqual(['s2', 's1']);
      expect(await scene.store.sessions(tenant, 'ann', 10, T0 + 1)).toEqual([]);
    });

    test('pages put together are the whole', async () => {
      const startedAts = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(startedAts, fc.integer({ min: 1, max: 7 }), async (times, limit) => {
          const tenant = scene.tenant();
          const sessions = times.map((at) => aSession({ tenant, user: 'ann', id: `s${at}`, startedAt: T0 + at }));
          await scene.store.write(aBatch({ sessions }));
          const pages: SessionRecord[] = [];
          for (let before: number | undefined; ; before = pages.at(-1)?.startedAt) {
            const page = await scene.store.sessions(tenant, 'ann', limit, before);
            pages.push(...page);
            if (page.length < limit) break;
          }
          expect(ids(pages)).toEqual(times.toSorted((a, b) => b - a).map((at) => `s${at}`));
        }),
        { seed: SEED, numRuns: 30 },
      );
    });

    test('[T8] the same session id in two tenants, or of two users, is two sessions', async () => {
      const [one, two] = [scene.tenant(), scene.tenant()];
      const owners = [
        { tenant: one, user: 'ann' },
        { tenant: two, user: 'ann' },
        { tenant: one, user: 'bob' },
      ];
      for (const owner of owners) {
        await scene.store.write(aBatch({ sessions: [aSession({ ...owner, id: 'same', screen: JSON.stringify(owner) })] }));
      }
      for (const owner of owners) {
        expect(await scene.store.sessions(owner.tenant, owner.user, 10)).toMatchObject([{ ...owner, screen: JSON.stringify(owner) }]);
      }
    });

    test('[I12] an end written twice, or late, changes nothing more', async () => {
      const tenant = scene.tenant();
      const ended = aSession({ tenant, user: 'ann', endedAt: T0 + 7, endReason: 'left' });
      for (let time = 0; time < 3; time++) await scene.store.write(aBatch({ sessions: [ended] }));
      expect(await scene.store.sessions(tenant, 'ann', 10)).toEqual([ended]);
    });

    test('history outlives the node that made it', async () => {
      const own = await freshScene(open);
      await own.start('node-1', T0);
      const ended = aSession({ user: 'ann', endedAt: T0 + 7, endReason: 'left' });
      await own.store.write(aBatch({ users: [aUser({ user: 'ann' })], sessions: [ended] }));
      await own.close('node-1', T0 + 8);
      await own.start('node-2', T0 + 9);
      expect(await own.store.sessions('app', 'ann', 10)).toEqual([ended]);
    });
  });
}
