import { Worker } from 'node:worker_threads';

/** How often it knocks. */
const EVERY_MS = 50;

export interface Prober {
  /** The longest time that an answer took so far, milliseconds; Infinity while the server does not answer at all. */
  readonly slowestMs: number;
  readonly count: number;
  stop(): Promise<void>;
}

/**
 * Asks `/healthz` all the time from a thread of its own, so that only the server's slowness is measured, and neither that of the load nor, where
 * the system tells it, that of a machine with too few processors.
 */
export async function startProber({ url, pid }: { readonly url: string; readonly pid: number }): Promise<Prober> {
  const worker = new Worker(new URL('./prober-thread.ts', import.meta.url), { workerData: { url, pid, everyMs: EVERY_MS } });
  const probes = { slowestMs: 0, count: 0 };
  let isStopped = false;
  const ready = Promise.withResolvers<void>();
  worker.on('message', (tookMs: number) => {
    if (isStopped) return;
    probes.slowestMs = Math.max(probes.slowestMs, tookMs);
    probes.count += 1;
    ready.resolve();
  });
  worker.on('error', ready.reject);
  await ready.promise;
  return {
    get slowestMs() {
      return probes.slowestMs;
    },
    get count() {
      return probes.count;
    },
    stop: async () => {
      isStopped = true;
      await worker.terminate();
    },
  };
}
