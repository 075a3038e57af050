import type { SessionRecord, UserRecord } from '@porchlight/server';
import { describe, expect, test } from 'vitest';
import { BEAT, lease, RECOVERY_CASES, RESTART } from './recovery-cases.ts';
import { aBatch, aSession, aUser, freshScene, loadOne, type OpenPlace, type Scene, T0 } from './scene.ts';

export function describeRecovery(open: OpenPlace): void {
  describe('recovery', () => {
    const crashWith = async (users: UserRecord[], sessions: SessionRecord[]): Promise<Scene> => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      await scene.store.write(aBatch({ users, sessions }));
      await scene.store.write(aBatch({ beat: { node: 'node-1', at: BEAT } }));
      await scene.crash();
      return scene;
    };
    const ann = (given: Partial<UserRecord> = {}) => aUser({ user: 'ann', seenAt: T0, restingSeenAt: T0, ...given });

    test.each(RECOVERY_CASES)('[I2] $what', async ({ user, session, online, graceMs, leases = 0, seenAt, restingSeenAt, ended }) => {
      const scene = await crashWith([ann(user)], [aSession({ user: 'ann', ...session })]);
      const recovery = await scene.start('node-2', RESTART);
      expect(recovery.online).toEqual(online === null ? [] : [{ tenant: 'app', user: 'ann', seenAt: online, graceMs }]);
      expect(recovery.leases).toEqual(leases === 0 ? [] : [aSession({ user: 'ann', ...session })]);
      // Asked twice, since a store may write the ends down between the two.
      for (let time = 0; time < 2; time++) {
        expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt, restingSeenAt, activeAt: null, restingActiveAt: null });
        expect(await scene.store.sessions('app', 'ann', 10)).toMatchObject([{ endedAt: ended[0], endReason: ended[1] }]);
      }
      // And a later restart tells the same of the past, but announces only what still runs.
      await scene.close('node-2', RESTART);
      expect(await scene.start('node-3', RESTART)).toEqual({ online: [], leases: recovery.leases });
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt, restingSeenAt });
      expect(await scene.store.sessions('app', 'ann', 10)).toMatchObject([{ endedAt: ended[0], endReason: ended[1] }]);
    });

    test('a node without a beat ended when it was opened', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0 + 50);
      await scene.store.write(aBatch({ users: [ann()], sessions: [aSession({ user: 'ann' })] }));
      await scene.crash();
      expect((await scene.start('node-2', RESTART)).online).toEqual([{ tenant: 'app', user: 'ann', seenAt: T0 + 50 }]);
    });

    test('a closed node ended when it was closed, by shutdown', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      await scene.store.write(aBatch({ users: [ann()], sessions: [aSession({ user: 'ann' })], beat: { node: 'node-1', at: T0 + 10 } }));
      await scene.close('node-1', T0 + 500);
      expect((await scene.start('node-2', RESTART)).online).toEqual([{ tenant: 'app', user: 'ann', seenAt: T0 + 500 }]);
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: T0 + 500, restingSeenAt: T0 + 500 });
      expect(await scene.store.sessions('app', 'ann', 1)).toMatchObject([{ endedAt: T0 + 500, endReason: 'shutdown' }]);
    });

    test('beats that come late or out of order do not take a node’s life back', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      await scene.store.write(aBatch({ users: [ann()], sessions: [aSession({ user: 'ann' })] }));
      for (const at of [T0 + 100, T0 + 300, T0 + 200]) await scene.store.write(aBatch({ beat: { node: 'node-1', at } }));
      await scene.crash();
      await scene.start('node-2', RESTART);
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: T0 + 300 });
      await scene.store.write(aBatch({ beat: { node: 'node-1', at: RESTART } }));
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: T0 + 300 });
    });

    test('an open session of a node that runs counts as open', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      await scene.store.write(aBatch({ users: [ann()], sessions: [aSession({ user: 'ann' })], beat: { node: 'node-1', at: BEAT } }));
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: T0 });
      expect(await scene.store.sessions('app', 'ann', 1)).toMatchObject([{ endedAt: null, endReason: null }]);
    });

    test('[I12] several sessions of a user are one recovery, at the latest end', async () => {
      const sessions = [
        aSession({ user: 'ann', id: 'a', endedAt: T0 + 1, endReason: 'left' }),
        aSession({ user: 'ann', id: 'b' }),
        aSession({ user: 'ann', id: 'c', seenAt: BEAT + 5 }),
        aSession({ user: 'ann', id: 'd', ...lease(RESTART - 1) }),
        aSession({ user: 'ann', id: 'e', ...lease(RESTART + 1) }),
      ];
      const scene = await crashWith([ann()], sessions);
      const recovery = await scene.start('node-2', RESTART);
      expect(recovery.online).toEqual([{ tenant: 'app', user: 'ann', seenAt: BEAT + 5 }]);
      expect(recovery.leases).toMatchObject([{ id: 'e' }]);
    });

    test('[I12] whoever was lost on one device and connected on another was connected; of two losses the later grace counts', async () => {
      const lost = { endedAt: T0 + 4_000, endReason: 'lost', leaseUntilAt: BEAT + 6_000 };
      const sessions = [
        aSession({ user: 'ann', id: 'lost', ...lost }),
        aSession({ user: 'ann', id: 'open' }),
        aSession({ user: 'bob', id: 'first', ...lost }),
        aSession({ user: 'bob', id: 'second', ...lost, endedAt: T0 + 5_000, leaseUntilAt: BEAT + 7_000 }),
      ];
      const scene = await crashWith([ann(), ann({ user: 'bob' })], sessions);
      const { online } = await scene.start('node-2', RESTART);
      expect(online.toSorted((a, b) => (a.user < b.user ? -1 : 1))).toEqual([
        { tenant: 'app', user: 'ann', seenAt: BEAT },
        { tenant: 'app', user: 'bob', seenAt: T0 + 5_000, graceMs: 7_000 },
      ]);
      await scene.crash();
      expect((await scene.start('node-3', RESTART)).online).toEqual([]);
    });

    test('a hidden and a visible session: online, and seen by others only on the visible one', async () => {
      const sessions = [
        aSession({ user: 'ann', id: 'hidden', hidden: true, seenAt: BEAT + 9 }),
        aSession({ user: 'ann', id: 'visible', ...lease(RESTART - 1) }),
      ];
      const scene = await crashWith([ann()], sessions);
      expect((await scene.start('node-2', RESTART)).online).toEqual([{ tenant: 'app', user: 'ann', seenAt: T0 + 5_000 }]);
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: BEAT + 9, restingSeenAt: T0 + 5_000 });
    });

    test('[T8] users of the same name in two tenants are recovered apart', async () => {
      const users = ['one', 'two'].map((tenant) => ({ ...ann(), tenant }));
      const scene = await crashWith(users, [aSession({ user: 'ann', tenant: 'one' })]);
      expect((await scene.start('node-2', RESTART)).online).toEqual([{ tenant: 'one', user: 'ann', seenAt: BEAT }]);
      expect(await loadOne(scene.store, 'two', 'ann')).toMatchObject({ seenAt: T0 });
    });

    test('several nodes that died each end at their own last beat', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      const users = ['ann', 'bob', 'eve'].map((user) => ann({ user }));
      const sessions = ['node-1', 'node-2', 'node-3'].map((node, index) => aSession({ user: users[index]!.user, node }));
      await scene.store.write(aBatch({ users, sessions }));
      for (const [index, node] of ['node-1', 'node-2', 'node-3'].entries()) {
        await scene.store.write(aBatch({ beat: { node, at: BEAT + index } }));
      }
      await scene.crash();
      const { online } = await scene.start('node-4', RESTART);
      expect(online.toSorted((a, b) => a.seenAt - b.seenAt)).toEqual(
        users.map(({ user }, index) => ({ tenant: 'app', user, seenAt: BEAT + index })),
      );
    });

    test('each crash announces its own users only, and the past stays as it was', async () => {
      const scene = await crashWith([ann(), ann({ user: 'bob' })], [aSession({ user: 'ann' })]);
      await scene.start('node-2', RESTART);
      await scene.store.write(aBatch({ sessions: [aSession({ user: 'bob', node: 'node-2', startedAt: RESTART, seenAt: RESTART })] }));
      await scene.store.write(aBatch({ beat: { node: 'node-2', at: RESTART + 700 } }));
      await scene.crash();
      const { online } = await scene.start('node-3', RESTART + 5_000);
      expect(online).toEqual([{ tenant: 'app', user: 'bob', seenAt: RESTART + 700 }]);
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: BEAT });
    });

    test('[I2] hiding after the crash hides nothing of what was seen before it', async () => {
      const scene = await crashWith([ann()], [aSession({ user: 'ann' })]);
      await scene.start('node-2', RESTART);
      await scene.store.write(aBatch({ users: [ann({ availability: 'invisible', seenAt: RESTART })] }));
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: RESTART, restingSeenAt: BEAT });
    });

    test('[I6] showing oneself after the crash shows nothing of what was hidden before it', async () => {
      const scene = await crashWith([ann({ availability: 'invisible' })], [aSession({ user: 'ann' })]);
      await scene.start('node-2', RESTART);
      await scene.store.write(aBatch({ users: [ann()] }));
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: BEAT, restingSeenAt: T0 });
    });

    test('a session taken over by the new node is open again, and leaves the old end behind', async () => {
      const scene = await crashWith([ann()], [aSession({ user: 'ann' })]);
      await scene.start('node-2', RESTART);
      await scene.store.write(aBatch({ sessions: [aSession({ user: 'ann', node: 'node-2', seenAt: RESTART })] }));
      expect(await scene.store.sessions('app', 'ann', 10)).toMatchObject([{ node: 'node-2', endedAt: null }]);
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: BEAT, restingSeenAt: BEAT });
    });

    test('a lease taken over is told of by the next start as the new node’s', async () => {
      const held = aSession({ user: 'ann', ...lease(RESTART + 1_000) });
      const scene = await crashWith([ann()], [held]);
      const { leases } = await scene.start('node-2', RESTART);
      await scene.store.write(aBatch({ sessions: leases.map((each) => ({ ...each, node: 'node-2', seenAt: RESTART })) }));
      await scene.crash();
      expect((await scene.start('node-3', RESTART + 10)).leases).toEqual([{ ...held, node: 'node-2', seenAt: RESTART }]);
    });

    test('[I16] a forgotten user is not recovered', async () => {
      const scene = await crashWith([ann()], [aSession({ user: 'ann' })]);
      await scene.start('node-2', RESTART);
      await scene.store.write(aBatch({ forget: [{ tenant: 'app', user: 'ann' }] }));
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: null, restingSeenAt: null });
      await scene.crash();
      expect(await scene.start('node-3', RESTART)).toEqual({ online: [], leases: [] });
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: null, restingSeenAt: null });
    });

    test('a thousand users are recovered once each, however soon anybody asks', async () => {
      const users = Array.from({ length: 1_000 }, (_, index) => ann({ user: `user-${index}` }));
      const scene = await crashWith(
        users,
        users.map(({ user }) => aSession({ user })),
      );
      const { online } = await scene.start('node-2', RESTART);
      expect(new Set(online.map(({ user }) => user))).toEqual(new Set(users.map(({ user }) => user)));
      expect(online).toHaveLength(1_000);
      for (const names of [users.slice(0, 500), users.slice(500)]) {
        const found = await scene.store.load(
          'app',
          names.map(({ user }) => user),
        );
        expect(found.map(({ seenAt }) => seenAt)).toEqual(names.map(() => BEAT));
      }
    });
  });
}
