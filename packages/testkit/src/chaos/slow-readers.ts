import { residentMiB } from '../fuzz/vital-signs.ts';
import { connectNative, type RawClient } from '../raw-client.ts';
import type { ServerProcess } from '../real-server.ts';
import { forAll } from './people.ts';
import { type ChaosReport, eventually, Findings, pass, quantile, type Scenario, type Surroundings, startServer } from './scenario.ts';

/**
 * `heavy` users change all the time and fill whoever reads nothing of them; `clock` users put the time into their words, which everybody
 * watches and which is how long a change takes to arrive.
 */
const SIZES = {
  full: {
    readers: 5_000,
    slow: 1_000,
    heavy: 150,
    changeEveryMs: 1_000,
    sendBufferBytesMax: 1_048_576,
    slowReaderMs: 10_000,
    calmMs: 20_000,
    closedWithinMs: 240_000,
  },
  small: {
    readers: 150,
    slow: 30,
    heavy: 150,
    changeEveryMs: 100,
    sendBufferBytesMax: 65_536,
    slowReaderMs: 1_000,
    calmMs: 3_000,
    closedWithinMs: 60_000,
  },
} as const;
const CLOCK_USERS = 4;
/** Who does not read answers no ping either; here it is to be the bytes that end it, and not the silence. */
const PING_INTERVAL_MS = 600_000;
const MIB = 1_048_576;
/** What a connection may cost besides what waits for it. */
const CONNECTION_MIB = 0.06;
const SPARE_MIB = 200;
/** Latencies this short are noise of the machine, not of the server. */
const NOISE_MS = 20;

/** Lets a fifth of the readers stop reading, and looks at how the others fare. */
export const slowReaders: Scenario = {
  name: 'slow-readers',
  purpose: '1,000 of 5,000 stop reading: they are closed with 4008, memory stays bounded, the others do not notice',
  run,
};

async function run(surroundings: Surroundings): Promise<ChaosReport> {
  const { clock, size, print } = surroundings;
  const { readers, slow, heavy, changeEveryMs, calmMs, closedWithinMs, ...limits } = SIZES[size];
  const findings = new Findings();
  const server = await startServer(surroundings, {
    store: 'memory',
    ...limits,
    pingIntervalMs: PING_INTERVAL_MS,
    signOfLifeMs: PING_INTERVAL_MS,
    awayAfterMs: 86_400_000,
    connectionsPerUserMax: 100_000,
  });
  const heavyUsers = Array.from({ length: heavy }, (_, index) => `heavy-${index}`);
  const clockUsers = Array.from({ length: CLOCK_USERS }, (_, index) => `clock-${index}`);
  const changers = await Promise.all(
    [...heavyUsers, ...clockUsers].map((user) => connectNative(server.port, { token: server.token(user) }, { text: () => {} })),
  );
  let latencies: number[] = [];
  const listen = (text: string) => {
    const now = clock.now();
    for (const match of text.matchAll(/"text":"sent (\d+)"/g)) latencies.push(now - Number(match[1]));
  };
  const baseMiB = residentMiB(server.pid);
  const all: RawClient[] = [];
  await forAll(Array.from({ length: readers }), 100, async (_, index) => {
    const isSlow = index < slow;
    all[index] = await connectReader(server, index, isSlow ? [...clockUsers, ...heavyUsers] : clockUsers, isSlow ? () => {} : listen);
  });
  print(`slow-readers: ${all.length} connected`);
  const stop = changeAll(changers, heavy, changeEveryMs, surroundings);

  await pass(clock, 2_000);
  latencies = [];
  await pass(clock, calmMs);
  const calm = latencies;
  findings.check('the calm was measured', calm.length > readers, () => `${calm.length} deliveries`);

  latencies = [];
  for (const client of all.slice(0, slow)) {
    client.socket.pause();
    findings.fault('reader stopped');
  }
  let mostMiB = 0;
  const closedCount = () => {
    mostMiB = Math.max(mostMiB, residentMiB(server.pid));
    return slowReadersOf(server.url);
  };
  const stoppedAt = clock.now();
  const areClosed = await eventually(clock, closedWithinMs, async () => {
    await pass(clock, 500);
    return (await closedCount()) >= slow;
  });
  const stormMs = clock.now() - stoppedAt;
  const storm = latencies;
  stop();
  findings.check('[I7] who does not read is closed', areClosed, () => `not all within ${closedWithinMs} ms`);
  await judgeGoodbyes(all.slice(0, slow), findings, surroundings);
  findings.check(
    'nobody else is closed',
    all.slice(slow).every(({ isOpen }) => isOpen),
    () => 'somebody who read was closed',
  );
  const [before, during] = [quantile(calm, 0.99), quantile(storm, 0.99)];
  findings.check(
    'the p99 of the others less than doubles',
    during < 2 * Math.max(before, NOISE_MS),
    () => `${before} ms before, ${during} ms while`,
  );
  const boundMiB = baseMiB + readers * CONNECTION_MIB + (slow * limits.sendBufferBytesMax * 1.1) / MIB + SPARE_MIB;
  findings.check('[I7] memory is bounded', mostMiB < boundMiB, () => `${mostMiB} MiB, more than ${boundMiB}`);
  for (const [name, value] of Object.entries({
    'deliveries measured, calm': calm.length,
    'deliveries measured, while': storm.length,
    'p50 calm, ms': quantile(calm, 0.5),
    'p50 while, ms': quantile(storm, 0.5),
    'p99 calm, ms': before,
    'p99 while, ms': during,
    'until the last was closed, ms': stormMs,
    'resident at start, MiB': baseMiB,
    'resident at most, MiB': mostMiB,
    'resident allowed, MiB': boundMiB,
  }))
    findings.figure(name, value);
  for (const { socket } of [...all, ...changers]) socket.destroy();
  server.signal('SIGKILL');
  await server.ended;
  return findings.report('slow-readers');
}

async function connectReader(
  { port, token }: ServerProcess,
  index: number,
  watched: readonly string[],
  text: (text: string) => void,
): Promise<RawClient> {
  const client = await connectNative(port, { token: token(`reader-${index}`), watchOnly: true }, { text });
  client.sendText(JSON.stringify({ type: 'watch', set: watched }));
  return client;
}

/** How many the server has given up on; NaN where it does not say, so that it is asked again. */
async function slowReadersOf(url: string): Promise<number> {
  const metrics = await fetch(`${url}/metrics`, { headers: { connection: 'close' } }).then(
    (answer) => answer.text(),
    () => '',
  );
  return Number(/^porchlight_slow_readers_total (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
}

/** Everybody changes their words again and again, evenly spread over the interval. */
function changeAll(changers: readonly RawClient[], heavy: number, everyMs: number, { clock }: Surroundings): () => void {
  let isRunning = true;
  let round = 0;
  const change = () => {
    if (!isRunning) return;
    round += 1;
    for (const [index, client] of changers.entries()) {
      const text = index < heavy ? `${round} ${'x'.repeat(100)}` : `sent ${clock.now()}`;
      client.sendText(JSON.stringify({ type: 'status', availability: 'auto', text }));
    }
    clock.alarm(clock.now() + everyMs, change);
  };
  change();
  return () => {
    isRunning = false;
  };
}

/** They read on, late: what was in the pipe, and that they read too slowly. */
async function judgeGoodbyes(slow: readonly RawClient[], findings: Findings, { clock }: Surroundings): Promise<void> {
  for (const { socket } of slow) socket.resume();
  await eventually(clock, 20_000, () => slow.every(({ isOpen }) => !isOpen));
  const codes = new Map<number | undefined, number>();
  for (const { closeCode } of slow) codes.set(closeCode, (codes.get(closeCode) ?? 0) + 1);
  findings.figure('told 4008', codes.get(4008) ?? 0);
  findings.check('[I7] who read too slowly is told 4008', (codes.get(4008) ?? 0) === slow.length, () => JSON.stringify([...codes]));
}
