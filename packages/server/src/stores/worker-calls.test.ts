import { Worker } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { emptyBatch } from './store.ts';
import type { StoreError } from './store-error.ts';
import { createWorkerCalls } from './worker-calls.ts';

/** A worker that answers loads and dies of the first write, in the way given. */
const mortal = (death: string) =>
  new Worker(
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', ({ id, method }) => {
       if (method === 'write') ${death};
       else if (method === 'load') parentPort.postMessage([{ id, value: [] }]);
     });`,
    { eval: true },
  );

test.each(['process.exit(3)', "throw new Error('broken')"])(
  'a worker that ends by %s rejects what it owes, once and for all',
  async (death) => {
    const onFailure = vi.fn<(error: StoreError) => void>();
    const calls = createWorkerCalls(mortal(death), onFailure);
    await expect(calls.call('load', 'app', [])).resolves.toEqual([]);
    const owed = [calls.call('sessions', 'app', 'ann', 1), calls.call('write', emptyBatch()), calls.call('write', emptyBatch())];
    for (const each of owed) await expect(each).rejects.toMatchObject({ code: 'failed' });
    await expect(calls.call('load', 'app', [])).rejects.toMatchObject({ code: 'failed' });
    await calls.terminate();
    expect(onFailure).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'failed' }));
  },
);

test('a worker ended on purpose is no failure', async () => {
  const onFailure = vi.fn<(error: StoreError) => void>();
  const calls = createWorkerCalls(mortal('process.exit(3)'), onFailure);
  const owed = calls.call('sessions', 'app', 'ann', 1);
  const refused = expect(owed).rejects.toMatchObject({ code: 'closed' });
  await calls.terminate();
  await refused;
  expect(onFailure).not.toHaveBeenCalled();
});
