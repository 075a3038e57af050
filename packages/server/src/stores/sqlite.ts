import { Worker } from 'node:worker_threads';
import type { SqliteFileOptions } from './sqlite-file.ts';
import type { Store } from './store.ts';
import { StoreError } from './store-error.ts';
import { createWorkerCalls, type WorkerCalls } from './worker-calls.ts';

export interface SqliteStoreOptions extends Pick<SqliteFileOptions, 'file'>, Partial<Omit<SqliteFileOptions, 'file'>> {
  /** Told once when the database's thread dies: nothing can be stored any more, so the process should end and be started again. */
  onFailure?: (error: StoreError) => void;
}

export interface SqliteStore extends Store {
  /** Lets go of everything at once without marking the node as ended: to the next start it looks like a crash. */
  terminate(): Promise<void>;
}

/** Beside this file, in its own form: source when run from source, JavaScript when built. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url);

/**
 * Keeps everything in one SQLite file, used by one process at a time (a second one is refused). All work is done in a thread of its own,
 * so that a slow disk delays no message. Writes that wait for the thread share one commit. `synchronous` is NORMAL and `busyTimeoutMs` 5,000
 * unless given. Rejects with StoreErrors.
 */
export function createSqliteStore({ onFailure = () => undefined, ...given }: SqliteStoreOptions): SqliteStore {
  const options: SqliteFileOptions = { synchronous: 'NORMAL', busyTimeoutMs: 5_000, ...given };
  let calls: WorkerCalls | undefined;

  const whileOpen = (): WorkerCalls => {
    if (calls === undefined) throw new StoreError('closed', `The store ${options.file} is not open.`);
    return calls;
  };
  const terminate = async () => {
    const current = calls;
    calls = undefined;
    await current?.terminate();
  };

  return {
    async open(node, now) {
      if (calls !== undefined) throw new StoreError('failed', `The store ${options.file} is open already.`);
      calls = createWorkerCalls(new Worker(WORKER, { workerData: options, name: 'porchlight-sqlite' }), onFailure);
      try {
        return await calls.call('open', node, now);
      } catch (error) {
        await terminate();
        throw error;
      }
    },
    load: async (tenant, users) => whileOpen().call('load', tenant, users),
    write: async (batch) => whileOpen().call('write', batch),
    sessions: async (...args) => whileOpen().call('sessions', ...args),
    async close(node, now) {
      const closing = whileOpen();
      calls = undefined;
      try {
        await closing.call('close', node, now);
      } finally {
        await closing.terminate();
      }
    },
    terminate,
  };
}
