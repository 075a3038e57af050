import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProber } from '../fuzz/prober.ts';
import { createRandom } from '../random.ts';
import type { ServerProcess } from '../real-server.ts';
import { databaseTrouble, judgeWrites } from './judge.ts';
import {
  type ChaosReport,
  eventually,
  Findings,
  JUDGE_KEY,
  pass,
  type Scenario,
  type Surroundings,
  skipped,
  startServer,
} from './scenario.ts';
import { Writer, writesOf } from './writer.ts';

const NAME = 'disk-full';
const DISK_MIB = 12;
const WRITERS = 10;
const ROUNDS = { full: 5, small: 1 } as const;
/** How long the disk stays full. */
const FULL_MS = 2_000;
const NOTICES_WITHIN_MS = 15_000;
const RECOVERS_WITHIN_MS = 5_000;
const HEALTH_MS_MAX = 1_000;

/** Fills the disk under a server that is being written to, makes room again, and kills it: what was acknowledged is there. */
export const diskFull: Scenario = {
  name: NAME,
  purpose: 'the disk is full: the server answers, says UNAVAILABLE to writes, recovers when there is room, and keeps what it acknowledged',
  run: async (surroundings) => {
    const data = mkdtempSync(join(tmpdir(), 'porchlight-chaos-disk-'));
    // A disk of its own, small enough to be filled; only root can have one.
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', data]).status !== 0) {
      rmdirSync(data);
      return skipped(NAME, 'a small disk cannot be mounted here (that takes root)');
    }
    try {
      return await run(surroundings, data);
    } finally {
      spawnSync('umount', [data]);
      rmdirSync(data);
    }
  },
};

async function run(surroundings: Surroundings, data: string): Promise<ChaosReport> {
  const { clock, seed, size } = surroundings;
  const random = createRandom(seed, NAME);
  const findings = new Findings();
  const users = Array.from({ length: WRITERS }, (_, index) => `writer-${index}`);
  const writers = users.map((user) => new Writer(user, users, random.fork(user), clock));
  // What fails to be written is logged as an error, as it should be.
  const server = await startServer(surroundings, { data, graceMs: 400, logLevel: 'fatal' });
  const prober = await startProber(server);
  await Promise.all(writers.map((writer) => writer.connect(server)));
  const writing = writers.map(async (writer) => {
    while (await writer.write()) await pass(clock, 5);
  });
  for (let round = 0; round < ROUNDS[size]; round += 1) await fillAndEmpty(data, writers, server, findings, surroundings);
  findings.check('[I14] /healthz answers within 1 s', prober.slowestMs <= HEALTH_MS_MAX, () => `it took ${prober.slowestMs} ms`);
  findings.figure('slowest /healthz, ms', prober.slowestMs);
  await prober.stop();
  server.signal('SIGKILL');
  findings.fault('kill -9');
  const ended = await server.ended;
  findings.check('the process stayed up', ended === 'SIGKILL', () => `it ended by itself (${ended}): ${server.output.stderr.slice(-500)}`);
  await Promise.all(writing);
  const trouble = databaseTrouble(data);
  findings.check('[I3] the database is whole', trouble === undefined, () => String(trouble));
  await judge(writers, data, findings, surroundings);
  findings.figure('acknowledged writes', writesOf(writers, 'acknowledged'));
  findings.figure('refused writes', writesOf(writers, 'refused'));
  return findings.report(NAME);
}

async function fillAndEmpty(
  data: string,
  writers: readonly Writer[],
  server: ServerProcess,
  findings: Findings,
  { clock }: Surroundings,
): Promise<void> {
  const { url } = server;
  const count = (answer: 'acknowledged' | 'refused') => writesOf(writers, answer);
  const filler = join(data, 'filler');
  const refusedBefore = count('refused');
  await pass(clock, 500);
  const fill = () => fillUp(filler);
  // A database that is only written over lives for long in the room it has, so there are always new people.
  const isNoticed = await eventually(clock, NOTICES_WITHIN_MS, async () => {
    fill();
    await newcomers(server, clock.now());
    return count('refused') > refusedBefore;
  });
  findings.fault('disk full');
  findings.check('writes are refused while there is no room', isNoticed, () => 'none was');
  for (const endAt = clock.now() + FULL_MS; clock.now() < endAt; ) {
    fill();
    await newcomers(server, clock.now());
    const before = [count('acknowledged'), count('refused')] as const;
    const ready = await fetch(`${url}/readyz`);
    const refusal = (await ready.json()) as { error?: { code?: string } };
    const known = await fetch(`${url}/v1/users/writer-0`, { headers: { 'x-api-key': JUDGE_KEY } });
    await known.text();
    findings.check('questions are answered while there is no room', known.status === 200, () => `${known.status}`);
    await pass(clock, 100);
    // Where the database finds room in what it has, it does take writes, and is ready.
    const isRefusing = count('acknowledged') === before[0] && count('refused') > before[1];
    const isUnready = ready.status === 503 && refusal.error?.code === 'UNAVAILABLE';
    if (isRefusing) findings.check('not ready while writes are refused', isUnready, () => `${ready.status} ${JSON.stringify(refusal)}`);
  }
  rmSync(filler);
  findings.fault('room again');
  const acknowledgedBefore = count('acknowledged');
  const isBack = await eventually(clock, RECOVERS_WITHIN_MS, async () => {
    const ready = await fetch(`${url}/readyz`);
    await ready.text();
    return ready.status === 200 && count('acknowledged') > acknowledgedBefore + WRITERS;
  });
  findings.check('writes are taken again when there is room', isBack, () => `none within ${RECOVERS_WITHIN_MS} ms`);
}

/** People never seen before, each with a session's worth of words. */
async function newcomers({ url, token }: ServerProcess, now: number): Promise<void> {
  const body = JSON.stringify({ device_info: 'd'.repeat(256), screen: 's'.repeat(128) });
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const headers = { authorization: `Bearer ${token(`newcomer-${now}-${index}`)}`, 'content-type': 'application/json' };
      const answer = await fetch(`${url}/api/update-online-status`, { method: 'POST', headers, body });
      await answer.text();
    }),
  );
}

function fillUp(filler: string): void {
  for (const piece of [65_536, 4_096, 512]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(piece));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

async function judge(writers: readonly Writer[], data: string, findings: Findings, surroundings: Surroundings): Promise<void> {
  const server = await startServer(surroundings, { data, graceMs: 400 });
  for (const writer of writers) await judgeWrites(writer, server.url, findings);
  server.signal('SIGKILL');
  await server.ended;
}
