import type { Worker } from 'node:worker_threads';
import type { Store } from './store.ts';
import { StoreError, type StoreErrorCode } from './store-error.ts';

export type StoreMethod = keyof Store;

/** A method of the store, on its way to the worker. */
export type StoreCall = { [Method in StoreMethod]: { id: number; method: Method; args: Parameters<Store[Method]> } }[StoreMethod];

/** The worker answers with arrays of these, in the order of the calls. */
export type StoreReply = { id: number; value: unknown } | { id: number; error: { code: StoreErrorCode; message: string } };

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: StoreError) => void;
}

export interface WorkerCalls {
  /** Rejects with a StoreError: the worker's own, or `failed` when the worker ended before it answered. */
  call<Method extends StoreMethod>(method: Method, ...args: Parameters<Store[Method]>): Promise<Awaited<ReturnType<Store[Method]>>>;
  /** Ends the worker at once, as a crash would; what it has not answered is rejected. */
  terminate(): Promise<void>;
}

/** Calls to a worker and their answers. `onFailure` is told, once, when the worker ends without having been asked to. */
export function createWorkerCalls(worker: Worker, onFailure: (error: StoreError) => void): WorkerCalls {
  const pending = new Map<number, Pending>();
  let calls = 0;
  let ended: StoreError | undefined;

  const end = (error: StoreError): boolean => {
    if (ended !== undefined) return false;
    ended = error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
    return true;
  };
  const fail = (cause: unknown) => {
    const error = new StoreError('failed', 'The thread of the database ended unexpectedly; restart the server.', cause);
    if (end(error)) onFailure(error);
  };

  worker.on('message', (replies: StoreReply[]) => {
    for (const reply of replies) {
      const call = pending.get(reply.id);
      pending.delete(reply.id);
      if ('error' in reply) call?.reject(new StoreError(reply.error.code, reply.error.message));
      else call?.resolve(reply.value);
    }
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The worker exited with code ${code}.`)));

  return {
    call<Method extends StoreMethod>(method: Method, ...args: Parameters<Store[Method]>) {
      return new Promise<Awaited<ReturnType<Store[Method]>>>((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const id = ++calls;
        // Throws, and so rejects, when the arguments cannot be cloned; then nothing was sent, and nothing is awaited.
        worker.postMessage({ id, method, args });
        pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      });
    },
    async terminate() {
      end(new StoreError('closed', 'The store is closed.'));
      await worker.terminate();
    },
  };
}
