import { describe, expect, test } from 'vitest';
import { aBatch, aSession, aUser, freshScene, loadOne, type OpenPlace, T0 } from './scene.ts';

export function describeLifecycle(open: OpenPlace): void {
  describe('life', () => {
    test('an empty place has nothing to recover', async () => {
      const scene = await freshScene(open);
      expect(await scene.start('node-1', T0)).toEqual({ online: [], leases: [] });
    });

    test('nothing can be asked before it is open', async () => {
      const place = await open();
      const store = place.create();
      await expect(store.load('app', ['ann'])).rejects.toMatchObject({ code: 'closed' });
      await expect(store.write(aBatch({}))).rejects.toMatchObject({ code: 'closed' });
      await place.remove();
    });

    test('nothing can be asked after it is closed', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      const { store } = scene;
      await scene.close('node-1', T0 + 1);
      await expect(store.load('app', ['ann'])).rejects.toMatchObject({ code: 'closed' });
      await expect(store.write(aBatch({ users: [aUser({ user: 'ann' })] }))).rejects.toMatchObject({ code: 'closed' });
    });

    test('closing finishes what was called before', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      const writes = Array.from({ length: 20 }, (_, index) => scene.store.write(aBatch({ users: [aUser({ user: `user-${index}` })] })));
      await scene.close('node-1', T0 + 1);
      await Promise.all(writes);
      await scene.start('node-2', T0 + 2);
      const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
      expect(await scene.store.load('app', users)).toHaveLength(20);
    });

    test('a node needs a new name each time it starts', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      await scene.close('node-1', T0 + 1);
      await expect(scene.start('node-1', T0 + 2)).rejects.toThrow();
    });

    test('[I3] what was acknowledged is there after a crash', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      await scene.store.write(aBatch({ users: [aUser({ user: 'ann', seenAt: T0 + 5, text: 'here' })] }));
      await scene.crash();
      await scene.start('node-2', T0 + 10);
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ seenAt: T0 + 5, text: 'here' });
    });

    test('what a crash cut off is there wholly or not at all', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      const users = Array.from({ length: 50 }, (_, index) => aUser({ user: `user-${index}` }));
      const cut = scene.store.write(aBatch({ users })).catch(() => undefined);
      await scene.crash();
      await cut;
      await scene.start('node-2', T0 + 10);
      const found = await scene.store.load(
        'app',
        users.map(({ user }) => user),
      );
      expect([0, 50]).toContain(found.length);
    });

    test('a read sees every write that was called before it', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      for (let round = 1; round <= 20; round++) {
        const write = scene.store.write(aBatch({ users: [aUser({ user: 'ann', text: `round ${round}` })] }));
        expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ text: `round ${round}` });
        await write;
      }
    });

    test('writes called at once take effect in the order of calls', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
      await Promise.all(texts.map((text) => scene.store.write(aBatch({ users: [aUser({ user: 'ann', text })] }))));
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ text: 'text 99' });
    });

    test('a batch that cannot be stored leaves nothing, and its neighbours alone', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      // A function cannot be kept by any store; the type would forbid it, a defect elsewhere might not.
      const broken = aUser({ user: 'bad', text: (() => 'never') as unknown as string });
      const results = await Promise.allSettled([
        scene.store.write(aBatch({ users: [aUser({ user: 'before' })] })),
        scene.store.write(aBatch({ users: [aUser({ user: 'half' }), broken] })),
        scene.store.write(aBatch({ users: [aUser({ user: 'after' })] })),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      const found = await scene.store.load('app', ['before', 'half', 'bad', 'after']);
      expect(found.map(({ user }) => user).toSorted()).toEqual(['after', 'before']);
    });

    test('an empty batch is a batch', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      await expect(scene.store.write(aBatch({}))).resolves.toBeUndefined();
    });

    test('the caller may change its batch once it has called', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      const user = aUser({ user: 'ann', text: 'as called' });
      const session = aSession({ user: 'ann', screen: 'as called' });
      const write = scene.store.write(aBatch({ users: [user], sessions: [session] }));
      user.text = 'changed';
      session.screen = 'changed';
      await write;
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ text: 'as called' });
      expect(await scene.store.sessions('app', 'ann', 1)).toMatchObject([{ screen: 'as called' }]);
    });

    test('what is read is the reader’s own', async () => {
      const scene = await freshScene(open);
      await scene.start('node-1', T0);
      await scene.store.write(aBatch({ users: [aUser({ user: 'ann', text: 'stored' })], sessions: [aSession({ user: 'ann' })] }));
      const [user] = await scene.store.load('app', ['ann']);
      const [session] = await scene.store.sessions('app', 'ann', 1);
      user!.text = 'scribbled';
      user!.contacts.push('scribbled');
      session!.endedAt = 1;
      expect(await loadOne(scene.store, 'app', 'ann')).toMatchObject({ text: 'stored', contacts: [] });
      expect(await scene.store.sessions('app', 'ann', 1)).toMatchObject([{ endedAt: null }]);
    });
  });
}
