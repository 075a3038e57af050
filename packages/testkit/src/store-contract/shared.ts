import type { SharedStore } from '@porchlight/server';
import { describe, expect, test } from 'vitest';
import { aBatch, aSession, aUser, loadOne, T0 } from './scene.ts';

/** Opens an empty place, and gives a function that makes stores on it, not yet open. */
export type OpenSharedPlace = () => Promise<() => SharedStore>;

/** Holds a store that nodes share to what it promises beyond the contract of every store. */
export function describeSharedStore(name: string, open: OpenSharedPlace): void {
  const twoNodes = async () => {
    const create = await open();
    const [first, second] = [create(), create()];
    await first.join('node-1', T0);
    await second.join('node-2', T0);
    return { first, second };
  };
  const beat = (node: string, at: number) => ({ node, at });

  describe(`${name} store, shared`, () => {
    test('[S24.4] what one node writes the other reads, and joining ends nothing', async () => {
      const { first, second } = await twoNodes();
      await first.write(aBatch({ users: [aUser({ user: 'ann', seenAt: T0 })], sessions: [aSession({ user: 'ann' })], settings: [] }));
      expect(await loadOne(second, 'app', 'ann')).toMatchObject({ seenAt: T0 });
      expect(await second.sessions('app', 'ann', 9)).toMatchObject([{ endedAt: null }]);
      expect((await second.nodes()).sort()).toEqual(['node-1', 'node-2']);
    });

    test('[S24.2] [I2] a buried node ended at its last beat; its users are told whenever it is asked', async () => {
      const { first, second } = await twoNodes();
      const lease = { id: 'lease-of-bob', user: 'bob', kind: 'lease', leaseUntilAt: T0 + 300_000 } as const;
      await first.write(
        aBatch({
          users: [aUser({ user: 'ann', seenAt: T0 }), aUser({ user: 'bob', seenAt: T0 })],
          sessions: [aSession({ user: 'ann' }), aSession(lease)],
          settings: [],
          beat: beat('node-1', T0 + 7_000),
        }),
      );
      await second.write(
        aBatch({ users: [aUser({ user: 'cara' })], sessions: [aSession({ user: 'cara', node: 'node-2' })], settings: [] }),
      );
      const recovery = await second.bury('node-1', T0 + 20_000);
      expect(recovery.online).toMatchObject([{ tenant: 'app', user: 'ann', seenAt: T0 + 7_000 }]);
      expect(recovery.leases).toMatchObject([{ id: 'lease-of-bob' }]);
      expect(await second.bury('node-1', T0 + 20_000)).toEqual(recovery);
      expect(await loadOne(second, 'app', 'ann')).toMatchObject({ seenAt: T0 + 7_000 });
      expect(await second.sessions('app', 'cara', 9)).toMatchObject([{ endedAt: null }]);
      expect(await second.nodes()).toEqual(['node-2']);
    });

    test('[S24.2] of a hidden session of a buried node no time counts', async () => {
      const { first, second } = await twoNodes();
      const hidden = { users: [aUser({ user: 'ann', seenAt: T0 })], sessions: [aSession({ user: 'ann', hidden: true })], settings: [] };
      await first.write(aBatch({ ...hidden, beat: beat('node-1', T0 + 7_000) }));
      expect((await second.bury('node-1', T0 + 20_000)).online).toEqual([]);
      expect(await loadOne(second, 'app', 'ann')).toMatchObject({ seenAt: T0, restingSeenAt: null });
    });

    test('[S24.5] a node that was buried is refused, and nothing of that write is kept', async () => {
      const { first, second } = await twoNodes();
      await second.bury('node-1', T0 + 20_000);
      const late = aBatch({ users: [aUser({ user: 'ann', text: 'late' })], settings: [], node: 'node-1' });
      await expect(first.write(late)).rejects.toMatchObject({ code: 'buried' });
      expect(await loadOne(second, 'app', 'ann')).toBeUndefined();
      await first.write({ ...late, node: 'node-1 again' });
      expect(await loadOne(second, 'app', 'ann')).toMatchObject({ text: 'late' });
    });

    test('[S24.4] settings change field by field, and a node that writes times leaves them as they are', async () => {
      const { first, second } = await twoNodes();
      const change = (changed: object) => ({ tenant: 'app', user: 'ann', changed });
      await first.write(
        aBatch({ users: [aUser({ user: 'ann' })], settings: [change({ text: 'at lunch', coarseLastSeenRule: 'contacts' })] }),
      );
      await second.write(aBatch({ users: [aUser({ user: 'ann', seenAt: T0 + 5 })], settings: [change({ availability: 'busy' })] }));
      await second.write(aBatch({ users: [aUser({ user: 'ann', seenAt: T0 + 3 })], settings: [] }));
      expect(await loadOne(first, 'app', 'ann')).toMatchObject({
        ...{ text: 'at lunch', coarseLastSeenRule: 'contacts', availability: 'busy', seenAt: T0 + 5 },
      });
    });

    test('[S7.6] of somebody who opted out on one node nothing is kept that the other writes', async () => {
      const { first, second } = await twoNodes();
      const optOut = { tenant: 'app', user: 'ann', changed: { optedOut: true } };
      await first.write(aBatch({ users: [aUser({ user: 'ann' })], settings: [optOut], forget: [{ tenant: 'app', user: 'ann' }] }));
      await second.write(
        aBatch({ users: [aUser({ user: 'ann', seenAt: T0 + 5 })], sessions: [aSession({ user: 'ann', node: 'node-2' })], settings: [] }),
      );
      expect(await loadOne(first, 'app', 'ann')).toMatchObject({ seenAt: null, optedOut: true });
      expect(await first.sessions('app', 'ann', 9)).toEqual([]);
    });
  });
}
