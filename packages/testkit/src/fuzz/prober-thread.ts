import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { createSystemClock } from '@porchlight/server';
import { waitedMs } from './waited.ts';

// Run by prober.ts.
const { url, pid, everyMs } = workerData as { url: string; pid: number; everyMs: number };
const clock = createSystemClock();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const machineTook = () => waitedMs(pid) + waitedMs('this thread');

function knock(): void {
  const askedAt = clock.now();
  const tookBefore = machineTook();
  const done = (isWell: boolean) => {
    const tookMs = clock.now() - askedAt - (machineTook() - tookBefore);
    parentPort?.postMessage(isWell ? Math.max(0, Math.round(tookMs)) : Number.POSITIVE_INFINITY);
    clock.alarm(clock.now() + everyMs, knock);
  };
  const request = get(`${url}/healthz`, { agent, timeout: 30_000 }, (response) => {
    response.resume();
    response.on('end', () => done(response.statusCode === 200));
  });
  request.on('timeout', () => request.destroy(new Error('no answer')));
  request.on('error', () => done(false));
}

knock();
// Alarms alone do not keep a thread alive.
parentPort?.on('message', () => undefined);
