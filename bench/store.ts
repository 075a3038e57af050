// What the SQLite store carries: `node bench/store.ts`. Real files in a temporary folder, the worker included, one process.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createSqliteStore } from '../packages/server/src/stores/sqlite.ts';
import { emptyBatch, type SessionRecord, type UserRecord } from '../packages/server/src/stores/store.ts';

const USERS = 100_000;
const OPEN_SESSIONS = 10_000;
const BATCH = 1_000;
const NOW = Date.UTC(2026, 0, 1);

const folder = mkdtempSync(join(tmpdir(), 'porchlight-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const rows: { what: string; figure: string; 'median ms': string }[] = [];

function aUser(index: number, seenAt: number): UserRecord {
  return {
    ...{ tenant: 'app', user: `user-${index}`, seenAt, activeAt: seenAt, restingSeenAt: seenAt, restingActiveAt: seenAt },
    ...{ availability: 'auto', availabilityUntilAt: null, text: null, onlineRule: 'everyone', lastSeenRule: 'everyone' },
    ...{ coarseSeenAt: null, coarseUntilAt: null, coarseLastSeenRule: 'nobody' },
    ...{ optedOut: false, signedOutAt: null, profile: '{"name":"A name"}' },
  };
}

function aSession(index: number, node: string): SessionRecord {
  return {
    ...{ id: `01JG${index.toString(36).padStart(22, '0')}`, tenant: 'app', user: `user-${index}`, node, kind: 'link', dialect: 'native' },
    ...{ platform: 'web', appVersion: '1.0.0', device: 'Firefox', screen: 'Inbox', startedAt: NOW, seenAt: NOW, leaseUntilAt: null },
    ...{ endedAt: null, endReason: null, hidden: false },
  };
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

/** Runs `act` so often, `underWay` at a time, and says how many of its units a second and what one took. */
async function measure(
  what: string,
  unit: string,
  times: number,
  units: number,
  underWay: number,
  act: (round: number) => Promise<unknown>,
) {
  const tookMs: number[] = [];
  let next = 0;
  const startedAt = performance.now();
  const lane = async () => {
    for (let round = next++; round < times; round = next++) {
      const from = performance.now();
      await act(round);
      tookMs.push(performance.now() - from);
    }
  };
  await Promise.all(range(0, underWay).map(lane));
  const seconds = (performance.now() - startedAt) / 1_000;
  const median = tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)]!;
  rows.push({ what, figure: `${Math.round((times * units) / seconds).toLocaleString('en')} ${unit}/s`, 'median ms': median.toFixed(2) });
}

async function run(synchronous: 'NORMAL' | 'FULL'): Promise<void> {
  const file = join(folder, `${synchronous}.db`);
  let store = createSqliteStore({ file, synchronous });
  await store.open('node-1', NOW);
  const batches = USERS / BATCH;
  const say = (what: string) => `${what} (${synchronous})`;

  await measure(say('new users, batches of 1,000'), 'rows', batches, BATCH, 2, (round) =>
    store.write({ ...emptyBatch(), users: range(round * BATCH, BATCH).map((index) => aUser(index, NOW)) }),
  );
  await measure(say('users seen again, batches of 1,000'), 'rows', batches, BATCH, 2, (round) =>
    store.write({ ...emptyBatch(), users: range(round * BATCH, BATCH).map((index) => aUser(index, NOW + 1)) }),
  );
  await measure(say('users and their sessions, 500 of each'), 'rows', OPEN_SESSIONS / 500, 1_000, 2, (round) => {
    const indexes = range(round * 500, 500);
    const sessions = indexes.map((index) => aSession(index, 'node-1'));
    return store.write({ ...emptyBatch(), users: indexes.map((index) => aUser(index, NOW + 2)), sessions });
  });
  await measure(say('single users, one at a time'), 'writes', 1_000, 1, 1, (round) =>
    store.write({ ...emptyBatch(), users: [aUser(round, NOW + 3)] }),
  );
  await measure(say('single users, 64 under way'), 'writes', 10_000, 1, 64, (round) =>
    store.write({ ...emptyBatch(), users: [aUser(round, NOW + 4)] }),
  );
  await measure(say('load 1,000 ids of 100,000'), 'ids', 100, 1_000, 1, (round) =>
    store.load(
      'app',
      range(0, 1_000).map((index) => `user-${(index * 97 + round * 31) % USERS}`),
    ),
  );
  await store.write({ ...emptyBatch(), beat: { node: 'node-1', at: NOW + 5_000 } });
  await store.terminate();
  store = createSqliteStore({ file, synchronous });
  await measure(say(`open after a crash: ${USERS} users, ${OPEN_SESSIONS} open sessions`), 'opens', 1, 1, 1, async () => {
    const { online } = await store.open('node-2', NOW + 10_000);
    if (online.length !== OPEN_SESSIONS) throw new Error(`recovered ${online.length} users, not ${OPEN_SESSIONS}`);
  });
  await measure(say('first load of 1,000 ids while ends are written down'), 'ids', 1, 1_000, 1, async () => {
    const found = await store.load(
      'app',
      range(0, 1_000).map((index) => `user-${index}`),
    );
    if (found.some(({ seenAt }) => seenAt !== NOW + 5_000)) throw new Error('a crash cost truth');
  });
  await store.close('node-2', NOW + 20_000);
  store = createSqliteStore({ file, synchronous });
  await measure(say(`open after a close: ${USERS} users`), 'opens', 1, 1, 1, () => store.open('node-3', NOW + 30_000));
  await store.close('node-3', NOW + 40_000);
  rows.push({ what: say('file afterwards'), figure: `${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`, 'median ms': '' });
}

await run('NORMAL');
await run('FULL');
console.table(rows);
