import { describeSharedStore, describeStoreContract } from '@porchlight/testkit';
import { expect, test } from 'vitest';
import { createMemoryDisk, createMemoryStore } from './memory.ts';
import { emptyBatch } from './store.ts';

describeStoreContract('memory', {
  open: async () => {
    const disk = createMemoryDisk();
    return { create: () => createMemoryStore(disk), crash: async () => undefined, remove: async () => undefined };
  },
  histories: 300,
});

describeSharedStore('memory', async () => {
  const disk = createMemoryDisk();
  return () => createMemoryStore(disk);
});

test('a write that was not acknowledged when the next store opened is lost', async () => {
  const disk = createMemoryDisk();
  const [first, second] = [createMemoryStore(disk), createMemoryStore(disk)];
  await first.open('node-1', 1);
  const opening = second.open('node-2', 2);
  const write = first.write({ ...emptyBatch(), relations: [{ tenant: 'app', user: 'ann', kind: 'contact', other: 'bob', present: true }] });
  await opening;
  await expect(write).rejects.toMatchObject({ code: 'closed' });
});
