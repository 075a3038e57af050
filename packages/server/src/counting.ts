import type { Watches } from '@porchlight/engine';
import type { Connection } from './connection.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Gateway } from './gateway.ts';
import type { Metrics } from './metrics.ts';
import type { PresenceService } from './presence-service.ts';

/** The only reasons that become labels: an app's own dialect may pass on what a client wrote. */
const REASONS = new Set(['left', 'lost', 'expired', 'resumed', 'signed-out']);

/** A tally in whole numbers: what happens a hundred thousand times a second is added up here, and told to the metric when it is scraped. */
class Tally<Key> {
  readonly #counts = new Map<Key, number>();

  add(key: Key, count = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  take(tell: (key: Key, count: number) => void): void {
    for (const [key, count] of this.#counts) tell(key, count);
    this.#counts.clear();
  }
}

/** What a node counts of its traffic, cheaply. */
export interface Counting {
  connected(connection: Connection): void;
  /** A session ended. */
  ended(reason: string): void;
  /** A limit of this name was met. */
  limited(limit: string): void;
  heard(dialect: Dialect): void;
  /** Changes were written to a connection. */
  delivered(connection: Connection, changes: number): void;
  refused(code: string): void;
}

export function createCounting(metrics: Metrics): Counting {
  const heard = new Tally<Dialect>();
  const delivered = new Tally<Dialect | undefined>();
  let flushes = 0;
  metrics.beforeScrape(() => {
    metrics.flushes.inc(flushes);
    flushes = 0;
    heard.take((dialect, count) => metrics.messages.labels(dialect.name).inc(count));
    delivered.take((dialect, count) => metrics.deliveries.labels(dialect?.name ?? 'none').inc(count));
  });
  return {
    connected: ({ link, dialects }) => metrics.connects.labels(link?.transport ?? 'none', spoken(dialects)).inc(),
    ended: (reason) => metrics.disconnects.labels(REASONS.has(reason) ? reason : 'other').inc(),
    limited: (limit) => metrics.rateLimited.labels(limit).inc(),
    heard: (dialect) => heard.add(dialect),
    delivered: ({ dialects }, changes) => {
      // Of a connection that has not shown which dialect it speaks, the first stands for all.
      delivered.add(dialects[0], changes);
      flushes += 1;
    },
    refused: (code) => {
      metrics.errors.labels(code).inc();
      // Nothing else is forbidden to somebody who is signed in.
      if (code === 'FORBIDDEN') metrics.foreignIds.inc();
    },
  };
}

interface Gauged {
  metrics: Metrics;
  gateway: Gateway;
  service: PresenceService;
  watches: Watches<Connection>;
}

/** Sets the gauges before each scrape, from what is counted anyway. */
export function setGauges({ metrics, gateway, service, watches }: Gauged): void {
  metrics.beforeScrape(() => {
    const connections = new Map<string, number>();
    for (const { link, dialects } of gateway.connections()) {
      const key = `${link?.transport ?? 'none'} ${spoken(dialects)}`;
      connections.set(key, (connections.get(key) ?? 0) + 1);
    }
    metrics.connections.reset();
    for (const [key, count] of connections) metrics.connections.labels(...(key.split(' ') as [string, string])).set(count);
    metrics.unauthenticated.set(gateway.admission.unauthenticatedCount);
    metrics.sessions.set(service.engine.sessionCount);
    metrics.usersOnline.set(service.engine.roster.onlineCount);
    metrics.watches.set(watches.size);
    metrics.storeWaiting.set(service.waitingCount);
  });
}

const spoken = (dialects: readonly Dialect[]) => (dialects.length === 1 ? (dialects[0] as Dialect).name : 'undecided');
