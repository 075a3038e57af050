import { residentMiB } from '../fuzz/vital-signs.ts';
import { waitedMs } from '../fuzz/waited.ts';
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
const CHANGE_TICK_MS = 100;
/** Who does not read answers no ping either; here it is to be the bytes that end it, and not the silence. */
const PING_INTERVAL_MS = 600_000;
const MIB = 1_048_576;
/** What a connection may cost besides what waits for it. */
const CONNECTION_MIB = 0.06;
const SPARE_MIB = 200;
/** Latencies this short are noise of the machine, not of the server. */
const NOISE_MS = 20;
/** In slices of this length it is counted what others took of the machine. */
const SLICE_MS = 500;

/** Lets a fifth of the readers stop reading, and looks at how the others fare. */
export const slowReaders: Scenario = {
  name: 'slow-readers',
  purpose: '1,000 of 5,000 stop reading: they are closed with 4008, memory stays bounded, the others do not notice',
  run,
};

interface Crowd {
  readonly server: ServerProcess;
  readonly changers: readonly RawClient[];
  /** The first `slow` of them are the ones that will stop. */
  readonly readers: readonly RawClient[];
  readonly baseMiB: number;
  /** How long the changes told since the last call took to arrive, milliseconds. */
  takeLatencies(): number[];
}

async function run(surroundings: Surroundings): Promise<ChaosReport> {
  const { clock, size, print } = surroundings;
  const { slow, readers, calmMs } = SIZES[size];
  const findings = new Findings();
  const crowd = await gather(surroundings);
  print(`slow-readers: ${crowd.readers.length} connected`);
  const stop = changeAll(crowd.changers, surroundings);
  // Until what connecting so many set off is over.
  await pass(clock, calmMs / 2);
  crowd.takeLatencies();
  await pass(clock, calmMs);
  const calm = crowd.takeLatencies();
  print(`slow-readers: calm, p99 ${quantile(calm, 0.99)} ms`);
  findings.check('the calm was measured', calm.length > readers, () => `${calm.length} deliveries`);
  for (const client of crowd.readers.slice(0, slow)) {
    client.socket.pause();
    findings.fault('reader stopped');
  }
  const machine = watchMachine(crowd.server.pid, clock);
  const storm = await watchStorm(crowd, findings, surroundings);
  stop();
  const tookMs = quantile(machine.stop(), 0.99);
  await judgeGoodbyes(crowd.readers.slice(0, slow), findings, surroundings);
  const others = crowd.readers.slice(slow).filter(({ isOpen }) => isOpen).length;
  findings.check('nobody else is closed', others === readers - slow, () => `${readers - slow - others} who read were closed`);
  judgeLatency(calm, storm, tookMs, findings);
  for (const { socket } of [...crowd.readers, ...crowd.changers]) socket.destroy();
  crowd.server.signal('SIGKILL');
  await crowd.server.ended;
  return findings.report('slow-readers');
}

async function gather(surroundings: Surroundings): Promise<Crowd> {
  const { readers, slow, heavy, sendBufferBytesMax, slowReaderMs } = SIZES[surroundings.size];
  const server = await startServer(surroundings, {
    store: 'memory',
    sendBufferBytesMax,
    slowReaderMs,
    pingIntervalMs: PING_INTERVAL_MS,
    signOfLifeMs: PING_INTERVAL_MS,
    awayAfterMs: 86_400_000,
    connectionsPerUserMax: 100_000,
  });
  const heavyUsers = Array.from({ length: heavy }, (_, index) => `heavy-${index}`);
  const clockUsers = Array.from({ length: CLOCK_USERS }, (_, index) => `clock-${index}`);
  const changers = await Promise.all(
    [...clockUsers, ...heavyUsers].map((user) => connectNative(server.port, { token: server.token(user) }, { text: () => {} })),
  );
  let latencies: number[] = [];
  const listen = (text: string) => {
    const now = surroundings.clock.now();
    for (const match of text.matchAll(/"text":"sent (\d+)"/g)) latencies.push(now - Number(match[1]));
  };
  const baseMiB = residentMiB(server.pid);
  const all: RawClient[] = [];
  await forAll(Array.from({ length: readers }), 100, async (_, index) => {
    const isSlow = index < slow;
    all[index] = await connectReader(server, index, isSlow ? [...clockUsers, ...heavyUsers] : clockUsers, isSlow ? () => {} : listen);
  });
  const takeLatencies = () => {
    const taken = latencies;
    latencies = [];
    return taken;
  };
  return { server, changers, readers: all, baseMiB, takeLatencies };
}

/** Until all that stopped are closed: how long changes took meanwhile. */
async function watchStorm(
  { server, baseMiB, takeLatencies }: Crowd,
  findings: Findings,
  { clock, size, print }: Surroundings,
): Promise<number[]> {
  const { readers, slow, closedWithinMs, sendBufferBytesMax } = SIZES[size];
  const stoppedAt = clock.now();
  const storm: number[] = [];
  let mostMiB = 0;
  const areClosed = await eventually(clock, closedWithinMs, async () => {
    await pass(clock, 5_000);
    const closed = await slowReadersOf(server.url);
    const nowMiB = residentMiB(server.pid);
    mostMiB = Math.max(mostMiB, nowMiB);
    const latencies = takeLatencies();
    for (const each of latencies) storm.push(each);
    const atMs = clock.now() - stoppedAt;
    print(`slow-readers: after ${atMs} ms ${closed} closed, ${nowMiB.toFixed(0)} MiB, p99 ${quantile(latencies, 0.99)} ms`);
    return closed >= slow;
  });
  findings.check('[I7] who does not read is closed', areClosed, () => `not all within ${closedWithinMs} ms`);
  const boundMiB = baseMiB + readers * CONNECTION_MIB + (slow * sendBufferBytesMax * 1.1) / MIB + SPARE_MIB;
  findings.check('[I7] memory is bounded', mostMiB < boundMiB, () => `${mostMiB} MiB, more than ${boundMiB}`);
  findings.figure('until the last was closed, ms', clock.now() - stoppedAt);
  findings.figure('resident at start, MiB', baseMiB);
  findings.figure('resident at most, MiB', mostMiB);
  findings.figure('resident allowed, MiB', boundMiB);
  return storm;
}

/**
 * What the machine let the server and its readers wait for a processor while the readers had stopped (`tookMs`) is allowed: it is nobody's doing
 * here. On a machine of its own that is next to nothing.
 */
function judgeLatency(calm: readonly number[], storm: readonly number[], tookMs: number, findings: Findings): void {
  const [before, during] = [quantile(calm, 0.99), quantile(storm, 0.99)];
  const holds = during < 2 * Math.max(before, NOISE_MS) + tookMs;
  findings.check('the p99 of the others less than doubles', holds, () => `${before} ms before, ${during} ms while, ${tookMs} ms of others`);
  findings.figure('deliveries measured, calm', calm.length);
  findings.figure('deliveries measured, while', storm.length);
  findings.figure('p50 calm, ms', quantile(calm, 0.5));
  findings.figure('p50 while, ms', quantile(storm, 0.5));
  findings.figure('p99 calm, ms', before);
  findings.figure('p99 while, ms', during);
  findings.figure('taken by others in half a second, p99, ms', tookMs);
}

/** How long the server and this process waited for a processor, slice by slice. */
function watchMachine(pid: number, clock: Surroundings['clock']) {
  const took: number[] = [];
  const total = () => waitedMs(pid) + waitedMs('this thread');
  let before = total();
  let cancel = () => {};
  const look = () => {
    const now = total();
    took.push(now - before);
    before = now;
    cancel = clock.alarm(clock.now() + SLICE_MS, look);
  };
  cancel = clock.alarm(clock.now() + SLICE_MS, look);
  return {
    stop: (): readonly number[] => {
      cancel();
      return took;
    },
  };
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

/** Everybody changes their words once an interval, a few at a time. */
function changeAll(changers: readonly RawClient[], { clock, size }: Surroundings): () => void {
  const { changeEveryMs } = SIZES[size];
  const slices = Math.max(1, changeEveryMs / CHANGE_TICK_MS);
  let isRunning = true;
  let round = 0;
  const change = () => {
    if (!isRunning) return;
    round += 1;
    for (const [index, client] of changers.entries()) {
      if (index % slices !== round % slices) continue;
      const text = index < CLOCK_USERS ? `sent ${clock.now()}` : `${round} ${'x'.repeat(100)}`;
      client.sendText(JSON.stringify({ type: 'status', availability: 'auto', text }));
    }
    clock.alarm(clock.now() + CHANGE_TICK_MS, change);
  };
  change();
  return () => {
    isRunning = false;
  };
}

/** They read on, late: what was in the pipe, and that they read too slowly. */
async function judgeGoodbyes(slow: readonly RawClient[], findings: Findings, { clock }: Surroundings): Promise<void> {
  for (const { socket } of slow) socket.resume();
  await eventually(clock, 60_000, () => slow.every(({ isOpen }) => !isOpen));
  const codes = new Map<number | undefined, number>();
  for (const { closeCode } of slow) codes.set(closeCode, (codes.get(closeCode) ?? 0) + 1);
  findings.figure('told 4008', codes.get(4008) ?? 0);
  findings.check('[I7] who read too slowly is told 4008', (codes.get(4008) ?? 0) === slow.length, () => JSON.stringify([...codes]));
}
