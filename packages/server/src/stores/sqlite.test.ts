import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStoreContract } from '@porchlight/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { createSqliteStore, type SqliteStore } from './sqlite.ts';

describeStoreContract('sqlite', {
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'porchlight-store-'));
    const running = new Set<SqliteStore>();
    return {
      create: () => {
        const store = createSqliteStore({ file: join(folder, 'porchlight.db'), busyTimeoutMs: 2_000 });
        running.add(store);
        return store;
      },
      crash: async () => {
        for (const store of running) await store.terminate();
        running.clear();
      },
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
  // Each starts several threads; more of them by hand, after a change of what is stored.
  histories: Number(process.env.PORCHLIGHT_HISTORIES ?? 8),
});

test('a second process, or store, on the same file is refused while the first runs, and told why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'porchlight.db');
  const [first, second] = [createSqliteStore({ file }), createSqliteStore({ file, busyTimeoutMs: 20 })];
  await first.open('node-1', 1);
  await expect(second.open('node-2', 2)).rejects.toMatchObject({
    name: 'StoreError',
    code: 'locked',
    message: expect.stringContaining('Stop that one first'),
  });
  await first.close('node-1', 3);
  await expect(second.open('node-2', 4)).resolves.toEqual({ online: [], leases: [] });
  await second.close('node-2', 5);
});
