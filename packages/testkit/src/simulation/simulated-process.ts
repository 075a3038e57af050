import {
  BUILT_IN_DIALECTS,
  type Cluster,
  completeOptions,
  createAuthenticator,
  createLogger,
  createMetrics,
  createNode,
  type Dialect,
  type Metrics,
  native,
  type PresenceNode,
  type ServerOptions,
  type Store,
} from '@porchlight/server';
import { TIMES } from './bounds.ts';
import { Machine } from './machine.ts';
import type { VirtualTime } from './virtual-time.ts';

export const JWT_SECRET = 'a secret of the simulated world, 40 bytes';
const RATE_MAX = 1_000_000;

/** The options of every simulated node: the defaults, with rates out of the way. */
export const SIMULATED_OPTIONS: ServerOptions = completeOptions(
  {
    store: 'memory',
    jwtSecret: JWT_SECRET,
    graceMs: TIMES.graceMs,
    closingGraceMs: TIMES.closingGraceMs,
    pingIntervalMs: TIMES.pingIntervalMs,
    pingTimeoutMs: TIMES.pingTimeoutMs,
    leaseMs: TIMES.leaseMs,
    lastSeenBucketMs: TIMES.lastSeenBucketMs,
    flushMs: TIMES.flushMs,
    awayAfterMs: TIMES.awayAfterMs,
    messagesPerMinuteMax: RATE_MAX,
    messagesBurstMax: RATE_MAX,
    changesPerMinuteMax: RATE_MAX,
    changesBurstMax: RATE_MAX,
    heartbeatsPerMinuteMax: RATE_MAX,
    heartbeatsBurstMax: RATE_MAX,
    idsPerMinuteMax: RATE_MAX,
    idsBurstMax: RATE_MAX,
    connectsPerMinuteMax: RATE_MAX,
    connectsBurstMax: RATE_MAX,
    connectionsPerUserMax: 1_000,
  },
  {},
);

export const SIMULATED_DIALECTS: readonly Dialect[] = [...BUILT_IN_DIALECTS, native];

// Collecting the metrics of the process costs a timer of its own, and there are thousands of nodes. Nobody scrapes: what a node would
// count before a scrape is not kept, since it would keep the node.
let metrics: Metrics | undefined;
const sharedMetrics = (): Metrics => {
  metrics ??= { ...createMetrics(), beforeScrape: () => {} };
  return metrics;
};

interface ProcessParts {
  store(machine: Machine): Store;
  cluster(machine: Machine): Cluster;
  /** In place of those of every simulated node. */
  options?: Partial<ServerOptions>;
}

/** One life of a server: a whole node without ports, on a machine of its own. */
export class SimulatedProcess {
  readonly name: string;
  readonly machine: Machine;
  readonly node: PresenceNode;
  started = false;
  /** Its wall clock was set while it ran. */
  clockWasSet = false;

  constructor(name: string, time: VirtualTime, parts: ProcessParts) {
    this.name = name;
    this.machine = new Machine(time);
    const { clock } = this.machine;
    this.node = createNode({
      options: { ...SIMULATED_OPTIONS, ...parts.options },
      clock,
      store: parts.store(this.machine),
      cluster: parts.cluster(this.machine),
      authenticator: createAuthenticator({ ...SIMULATED_OPTIONS, jwtSecret: JWT_SECRET, clock }),
      dialects: SIMULATED_DIALECTS,
      log: createLogger({ logLevel: 'silent', logPretty: false, clock, hashKey: JWT_SECRET }),
      metrics: sharedMetrics(),
      incarnation: name,
    });
  }

  /** Running, and not frozen. */
  get healthy(): boolean {
    return this.started && !this.machine.dead && !this.machine.frozen;
  }

  async start(): Promise<void> {
    await this.node.start();
    this.started = true;
  }

  kill(): void {
    this.machine.kill();
    this.started = false;
  }
}
