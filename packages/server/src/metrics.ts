import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

interface Description {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Labels hold words of our own tables only, never an id, an address or anything else from outside. */
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}

/** Every metric of our own; Prometheus sees `connections` as `porchlight_connections`, counters with `_total`. */
const METRICS = {
  connections: { kind: 'gauge', help: 'Open connections', labels: ['transport', 'dialect'] },
  unauthenticated: { kind: 'gauge', help: 'Open connections that have not signed in yet' },
  sessions: { kind: 'gauge', help: 'Sessions: connections, leases, and those in their grace' },
  usersOnline: { kind: 'gauge', help: 'Users who are online' },
  watches: { kind: 'gauge', help: 'Watches of all connections' },
  connects: { kind: 'counter', help: 'Connections that signed in', labels: ['transport', 'dialect'] },
  disconnects: { kind: 'counter', help: 'Sessions that ended, by how', labels: ['reason'] },
  messages: { kind: 'counter', help: 'Messages and requests received', labels: ['dialect'] },
  heartbeats: { kind: 'counter', help: 'Heartbeats received over HTTP' },
  changes: { kind: 'counter', help: 'Presences that became different in a way that somebody may see' },
  deliveries: { kind: 'counter', help: 'Changes written to connections', labels: ['dialect'] },
  flushes: { kind: 'counter', help: 'Writes of changes; deliveries divided by these are the changes in a write' },
  storeWriteSeconds: {
    kind: 'histogram',
    help: 'Time until a batch was durable',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  },
  storeFailures: { kind: 'counter', help: 'Batches that the store refused; they are tried again' },
  storeWaiting: { kind: 'gauge', help: 'Users and sessions waiting to be written' },
  errors: { kind: 'counter', help: 'Refusals told to clients, by code', labels: ['code'] },
  rateLimited: { kind: 'counter', help: 'Refusals because of a limit, by which', labels: ['limit'] },
  foreignIds: { kind: 'counter', help: 'Messages that claimed to be from another user than the token says' },
  slowReaders: { kind: 'counter', help: 'Connections closed because they read too slowly' },
} as const satisfies Record<string, Description>;

type LabelOf<D> = D extends { labels: readonly (infer Label extends string)[] } ? Label : never;

type MetricOf<D> = D extends { kind: 'counter' }
  ? Counter<LabelOf<D>>
  : D extends { kind: 'gauge' }
    ? Gauge<LabelOf<D>>
    : Histogram<LabelOf<D>>;

/**
 * The metrics by name. Where one is counted often, keep what `.labels(…)` returns: `const sent = metrics.deliveries.labels('native')`,
 * then `sent.inc(count)` costs about 0.1 µs.
 */
export type Metrics = { readonly [Name in keyof typeof METRICS]: MetricOf<(typeof METRICS)[Name]> } & {
  /** Calls `read` before each scrape, to set gauges from what is counted elsewhere. */
  beforeScrape(read: () => void): void;
  /** The text that Prometheus scrapes, and its content type. */
  scrape(): Promise<{ contentType: string; text: string }>;
};

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function createMetric(name: string, { kind, help, labels = [], buckets = [] }: Description, registry: Registry) {
  const common = {
    name: `porchlight_${snakeCase(name)}${kind === 'counter' ? '_total' : ''}`,
    help,
    labelNames: labels,
    registers: [registry],
  };
  switch (kind) {
    case 'counter':
      return new Counter(common);
    case 'gauge':
      return new Gauge(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...buckets] });
  }
}

/** A registry of its own, so that two servers in one process do not meet: the process's metrics (event-loop delay, memory, CPU), and ours. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const reads: (() => void)[] = [];
  collectDefaultMetrics({ register: registry });
  const metrics = Object.fromEntries(
    Object.entries(METRICS).map(([name, description]) => [name, createMetric(name, description, registry)]),
  );
  return {
    // The table's keys and kinds are the type's; the compiler cannot follow them through entries.
    ...(metrics as unknown as Metrics),
    beforeScrape: (read) => void reads.push(read),
    async scrape() {
      for (const read of reads) read();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
