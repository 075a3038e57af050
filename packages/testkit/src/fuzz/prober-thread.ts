import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { createSystemClock } from '@porchlight/server';

// Run by prober.ts.
const { url, everyMs } = workerData as { url: string; everyMs: number };
const clock = createSystemClock();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function knock(): void {
  const askedAt = clock.now();
  const done = (isWell: boolean) => {
    parentPort?.postMessage(isWell ? clock.now() - askedAt : Number.POSITIVE_INFINITY);
    clock.alarm(clock.now() + everyMs, knock);
  };
  const request = get(`${url}/healthz`, { agent, timeout: 10_000 }, (response) => {
    response.resume();
    response.on('end', () => done(response.statusCode === 200));
  });
  request.on('timeout', () => request.destroy(new Error('no answer')));
  request.on('error', () => done(false));
}

knock();
// Alarms alone do not keep a thread alive.
parentPort?.on('message', () => undefined);
