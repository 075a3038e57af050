import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createAuthenticator, createLogger, createMetrics, createNode, createSoloCluster, type Store } from '@porchlight/server';
import { Crowd } from './churn/crowd.ts';
import { createRandom } from './random.ts';
import { JWT_SECRET, SIMULATED_DIALECTS, SIMULATED_OPTIONS } from './simulation/simulated-process.ts';
import { VirtualTime } from './simulation/virtual-time.ts';

/** What a node holds at rest: once everybody has gone and every grace and lease is over. */
export interface MemoryMark {
  readonly transitions: number;
  /** After a collection. */
  readonly heapMiB: number;
  /** What the node itself counts. */
  readonly tables: Readonly<Record<string, number>>;
  /** Entries of every Map and every Set of this process, whosever they are. */
  readonly entries: number;
}

interface ChurnOptions {
  readonly seed: number;
  /** At least so many. */
  readonly transitions: number;
  /** How often it rests and looks. */
  readonly marks: number;
  onMark?(mark: MemoryMark): void;
}

export interface ChurnReport {
  readonly marks: readonly MemoryMark[];
  readonly counts: ReadonlyMap<string, number>;
  readonly virtualHours: number;
}

const PEOPLE = 400;
/** Users kept in memory though nobody needs them: fewer than come by. */
const IDLE_USERS_MAX = 100;
/** Transitions between two moments of time, and how far these are apart. */
const BURST = 40;
const BURST_MS = 400;
/** Longer than any grace and lease, and than it takes to fill a rate again. */
const REST_MS = 1_000_000;

/** Drives whole transitions through one node on virtual time: connects, losses, returns, words, heartbeats, changes of settings. */
export async function churn({ seed, transitions, marks, onMark }: ChurnOptions): Promise<ChurnReport> {
  const time = new VirtualTime();
  const node = createForgetfulNode(time);
  await node.start();
  const crowd = new Crowd(node, createRandom(seed, 'churn'), PEOPLE);
  const taken: MemoryMark[] = [];
  for (let done = 0; taken.length < marks; ) {
    for (let count = 0; count < BURST; count += 1) await crowd.act();
    done += BURST;
    await time.run(BURST_MS);
    if (done < (transitions * (taken.length + 1)) / marks) continue;
    crowd.leave();
    await time.run(REST_MS);
    const mark = measure(node, done);
    taken.push(mark);
    onMark?.(mark);
  }
  await node.close();
  return { marks: taken, counts: crowd.counts, virtualHours: (time.now() - time.startedAt) / 3_600_000 };
}

/** Why memory is not flat from the first mark on; empty when it is. */
export function growthIn({ marks }: ChurnReport, heapMiBMax: number): string[] {
  const [first, ...later] = marks;
  const last = later.at(-1);
  if (first === undefined || last === undefined) throw new Error('Two marks are needed to see growth.');
  const grown = Object.entries(first.tables).flatMap(([name, before]) =>
    later.flatMap(({ tables, transitions }) =>
      tables[name] === before ? [] : [`${name}: ${before} after ${first.transitions} transitions, ${tables[name]} after ${transitions}`],
    ),
  );
  if (last.entries > first.entries + ENTRIES_SPARE) grown.push(`entries of Maps and Sets: ${first.entries}, in the end ${last.entries}`);
  if (last.heapMiB > first.heapMiB + heapMiBMax) grown.push(`heap: ${first.heapMiB} MiB, in the end ${last.heapMiB} MiB`);
  return grown;
}

/** Caches of Node and of whoever runs this. */
const ENTRIES_SPARE = 200;

function createForgetfulNode(time: VirtualTime) {
  const { clock } = time;
  return createNode({
    options: SIMULATED_OPTIONS,
    clock,
    store: forgetfulStore,
    cluster: createSoloCluster(),
    authenticator: createAuthenticator({ ...SIMULATED_OPTIONS, jwtSecret: JWT_SECRET, clock }),
    dialects: SIMULATED_DIALECTS,
    log: createLogger({ logLevel: 'silent', logPretty: false, clock, hashKey: JWT_SECRET }),
    metrics: createMetrics(),
    incarnation: 'churn',
    idleUsersMax: IDLE_USERS_MAX,
  });
}

// What is stored is to grow with what happens; here only the node is looked at.
const forgetfulStore: Store = {
  open: async () => ({ online: [], leases: [] }),
  load: async () => [],
  write: async () => {},
  sessions: async () => [],
  close: async () => {},
};

function measure({ gateway, service, watches }: ReturnType<typeof createForgetfulNode>, transitions: number): MemoryMark {
  collect();
  return {
    transitions,
    heapMiB: Math.round((process.memoryUsage().heapUsed / 1_048_576) * 100) / 100,
    tables: {
      connections: gateway.connectionCount,
      sessions: service.engine.sessionCount,
      online: service.engine.roster.onlineCount,
      watches: watches.size,
      'waiting to be stored': service.waitingCount,
      'users too many': Math.max(0, service.engine.roster.size - IDLE_USERS_MAX),
    },
    entries: entriesOf(Map) + entriesOf(Set),
  };
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  gc();
}

function entriesOf(kind: typeof Map | typeof Set): number {
  const summaries = queryObjects(kind, { format: 'summary' });
  return summaries.reduce((sum, summary) => sum + Number(/^\w+\((\d+)\)/.exec(summary)?.[1] ?? 0), 0);
}
