import { createRandom } from '../random.ts';
import type { ServerProcess } from '../real-server.ts';
import { accountOf, databaseTrouble, judgeWrites } from './judge.ts';
import { type ChaosReport, eventually, Findings, pass, type Scenario, type Surroundings, startServer, withDataFolder } from './scenario.ts';
import { Writer, writesOf } from './writer.ts';

const CYCLES = { full: 50, small: 3 } as const;
const WRITERS = { full: 40, small: 15 } as const;
/** People who give one sign of life over HTTP, and no other: what the server knew of them must outlive it, and nothing be added. */
const QUIET = 8;
const GRACE_MS = 400;
/** Those with a lease are online until it ends, whatever became of the server. */
const LEASE_MS = 1_500;
/** A sign of life is on disk within this. */
const FLUSHED_MS = 1_000;
/** How far before a crash somebody who was there may be said to have been seen last: a beat of the node, and its write. */
const SEEN_MS_MAX = 2_000;
/** The server draws its clock towards the machine's slowly, so the two differ a little. */
const CLOCKS_DIFFER_MS = 60;

/** Kills the server at random moments of random load, opens what it left, and compares it with what clients were told. */
export const kill: Scenario = {
  name: 'kill',
  purpose: 'kill -9 in random load, and reopen: nothing acknowledged is lost, the database is whole, last seen is true',
  run: (surroundings) => withDataFolder('kill', (data) => run(surroundings, data)),
};

async function run(surroundings: Surroundings, data: string): Promise<ChaosReport> {
  const { clock, seed, size, print } = surroundings;
  const random = createRandom(seed, 'kill');
  const findings = new Findings();
  const users = Array.from({ length: WRITERS[size] }, (_, index) => `writer-${index}`);
  const writers = users.map((user) => new Writer(user, users, random.fork(user), clock));
  const seenBefore = new Map<string, number>();
  let killedAt: number | undefined;
  let quiet: readonly Beat[] = [];
  for (let cycle = 0; cycle <= CYCLES[size]; cycle += 1) {
    const synchronous = cycle % 4 === 3 ? 'FULL' : 'NORMAL';
    const server = await startServer(surroundings, { data, graceMs: GRACE_MS, leaseMs: LEASE_MS, sqliteSynchronous: synchronous });
    if (killedAt !== undefined) {
      await judge(writers, server, killedAt, seenBefore, findings, surroundings);
      await judgeQuiet(quiet, server, killedAt, findings);
    }
    if (cycle === CYCLES[size]) {
      server.signal('SIGKILL');
      await server.ended;
      break;
    }
    quiet = await beatOnce(server, cycle, clock);
    killedAt = await loadAndKill(writers, server, 300 + random.below(2_000), surroundings);
    findings.fault('kill -9');
    const trouble = databaseTrouble(data);
    findings.check('[I3] the database is whole', trouble === undefined, () => `cycle ${cycle}: ${trouble}`);
    if (cycle % 10 === 9) print(`kill: ${cycle + 1} cycles`);
  }
  findings.figure('acknowledged writes', writesOf(writers, 'acknowledged'));
  findings.figure('refused writes', writesOf(writers, 'refused'));
  return findings.report('kill');
}

async function loadAndKill(writers: readonly Writer[], server: ServerProcess, afterMs: number, { clock }: Surroundings): Promise<number> {
  await Promise.all(writers.map((writer) => writer.connect(server)));
  const writing = writers.map(async (writer) => {
    while (await writer.write());
  });
  await pass(clock, afterMs);
  const killedAt = clock.now();
  server.signal('SIGKILL');
  await server.ended;
  await Promise.all(writing);
  return killedAt;
}

async function judge(
  writers: readonly Writer[],
  { url }: ServerProcess,
  killedAt: number,
  seenBefore: Map<string, number>,
  findings: Findings,
  { clock }: Surroundings,
): Promise<void> {
  for (const writer of writers) {
    await judgeWrites(writer, url, findings);
    await judgeLastSeen(writer, url, killedAt, seenBefore, findings, clock);
  }
}

async function judgeLastSeen(
  { user, heardAt }: Writer,
  url: string,
  killedAt: number,
  seenBefore: Map<string, number>,
  findings: Findings,
  clock: Surroundings['clock'],
): Promise<void> {
  let seenAt: number | null = null;
  const isOffline = async () => {
    const { presence } = await accountOf(url, user);
    seenAt = presence.lastSeenAt;
    return !presence.online;
  };
  const isGone = await eventually(clock, GRACE_MS + LEASE_MS + 1_000, isOffline);
  findings.check('[I1b] offline after the grace', isGone, () => `${user} is still online`);
  const seen = seenAt ?? 0;
  const say = () =>
    `${user} was last seen at ${seen}, last answered at ${heardAt}, killed at ${killedAt}, before that ${seenBefore.get(user)}`;
  // Everybody was connected and writing when it was killed, so its own last beat is evidence for all of them.
  findings.check('[I2] last seen within 2 s of the crash', seen >= killedAt - SEEN_MS_MAX && seen <= killedAt + CLOCKS_DIFFER_MS, say);
  findings.check('[I2] last seen never decreases', seen >= (seenBefore.get(user) ?? 0), say);
  seenBefore.set(user, seen);
}

interface Beat {
  readonly user: string;
  readonly sentAt: number;
  readonly answeredAt: number;
}

function beatOnce({ url, token }: ServerProcess, cycle: number, clock: Surroundings['clock']): Promise<Beat[]> {
  const users = Array.from({ length: QUIET }, (_, index) => `quiet-${cycle}-${index}`);
  return Promise.all(
    users.map(async (user) => {
      const sentAt = clock.now();
      const headers = { authorization: `Bearer ${token(user)}` };
      const answer = await fetch(`${url}/api/update-online-status`, { method: 'POST', headers });
      await answer.text();
      return { user, sentAt, answeredAt: clock.now() };
    }),
  );
}

async function judgeQuiet(quiet: readonly Beat[], { url }: ServerProcess, killedAt: number, findings: Findings): Promise<void> {
  for (const { user, sentAt, answeredAt } of quiet) {
    if (answeredAt > killedAt - FLUSHED_MS) continue;
    const { presence } = await accountOf(url, user);
    const seen = presence.lastSeenAt ?? 0;
    const say = () => `${user} was last seen at ${presence.lastSeenAt}, heard between ${sentAt} and ${answeredAt}`;
    findings.check('[I3] an acknowledged sign of life is kept', seen >= sentAt - CLOCKS_DIFFER_MS, say);
    findings.check('[I2] nobody is seen when the server dies or starts', seen <= answeredAt + CLOCKS_DIFFER_MS, say);
  }
}
