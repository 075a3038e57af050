import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Watches } from '@porchlight/engine';
import type { Authenticator } from './authenticate.ts';
import { createClientAddress } from './client-address.ts';
import type { Clock } from './clock.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Connection } from './connection.ts';
import { createCounting, setGauges } from './counting.ts';
import { type Dialect, toldOnlyWatched } from './dialects/dialect.ts';
import { Dispatcher } from './dispatcher.ts';
import { Fanout } from './fanout.ts';
import { Gateway } from './gateway.ts';
import { createIdentities, type Identities } from './identities.ts';
import { Leases } from './leases.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { ServerOptions } from './options.ts';
import { PresenceService } from './presence-service.ts';
import type { Store } from './stores/store.ts';
import { tellTyping } from './tell-typing.ts';

/** What a node stands on; everything that touches the outside is passed in. */
export interface NodeParts {
  options: ServerOptions;
  clock: Clock;
  store: Store;
  cluster: Cluster;
  authenticator: Authenticator;
  dialects: readonly Dialect[];
  log: Logger;
  metrics: Metrics;
  /** Names this incarnation; made at random when left out. */
  incarnation?: string;
  /** Users kept in memory though nobody is connected as, or watches, them: about 500 bytes each. Default 200,000. */
  idleUsersMax?: number;
}

/** A whole node without its ports: what a transport is attached to. */
export interface PresenceNode {
  readonly parts: NodeParts;
  readonly incarnation: string;
  readonly service: PresenceService;
  readonly gateway: Gateway;
  readonly dispatcher: Dispatcher;
  readonly leases: Leases;
  readonly identities: Identities;
  readonly fanout: Fanout;
  readonly watches: Watches<Connection>;
  /** The network address that a request counts for, seen through trusted proxies. */
  addressOf(request: IncomingMessage): string;
  /** Opens store and cluster; nothing may be attached before. */
  start(): Promise<void>;
  /** Writes what is left and closes store and cluster. Links are closed by then, or belong to `gateway.drain`. */
  close(): Promise<void>;
}

/** How often the node says in the store that it is alive, and how long a write waits for others. */
const BEAT_MS = 1_000;
const SAVE_MS = 200;
const IDLE_USERS_MAX = 200_000;

/** Puts the parts of a node together. Nothing happens until `start`. */
export function createNode(given: NodeParts): PresenceNode {
  const dialects = given.options.audience === 'watched' ? given.dialects.map(toldOnlyWatched) : given.dialects;
  const parts: NodeParts = { ...given, dialects };
  const { options, clock, log, metrics } = parts;
  const incarnation = parts.incarnation ?? randomBytes(9).toString('base64url');
  const watches = new Watches<Connection>();
  const counting = createCounting(metrics);
  const fanout: Fanout = new Fanout({
    clock,
    watches,
    flushMs: options.flushMs,
    sendBufferBytesMax: options.sendBufferBytesMax,
    slowReaderMs: options.slowReaderMs,
    timeZone: options.timeZone,
    onFlush: (changes, connection) => counting.delivered(connection, changes),
    onWordsFailed: (error, dialect) => log.error({ err: error, dialect }, 'A dialect could not say that somebody changed.'),
    onSlowReader: (connection) => {
      metrics.slowReaders.inc();
      gateway.close(connection, 4008);
    },
  });
  const service: PresenceService = new PresenceService(
    {
      engine: {
        graceMs: options.graceMs,
        awayAfterMs: options.awayAfterMs,
        signOfLifeMs: options.signOfLifeMs,
        signOfLifeAnswerMs: 30_000,
        typingMs: 6_000,
        onlineRule: options.onlineRule,
        lastSeenRule: options.lastSeenRule,
        coarseLastSeenRule: options.coarseLastSeenRule,
        lastSeenBucketMs: options.lastSeenBucketMs,
      },
      clock,
      store: parts.store,
      cluster: parts.cluster,
      node: incarnation,
      watches,
      idleUsersMax: parts.idleUsersMax ?? IDLE_USERS_MAX,
      saveMs: SAVE_MS,
      beatMs: BEAT_MS,
    },
    {
      changed: (change) => {
        metrics.changes.inc();
        fanout.note(change);
      },
      together: (work) => fanout.together(work),
      settled: () => fanout.flush(),
      typing: (change) =>
        tellTyping({
          change,
          sender: service.find(change.tenant, change.from),
          connections: gateway.signedIn.of({ tenant: change.tenant, user: change.to }),
          at: clock.now(),
          sendBufferBytesMax: options.sendBufferBytesMax,
        }),
      asked: (session) => gateway.ask(session),
      ended: (session) => {
        counting.ended(session.endReason ?? 'other');
        gateway.sessionEnded(session);
      },
      storeFailed: (error) => {
        metrics.storeFailures.inc();
        log.error({ err: error }, 'The store failed; what was to be written is kept and tried again.');
      },
      written: (_batch, tookMs) => metrics.storeWriteSeconds.observe(tookMs / 1_000),
    },
  );
  const identities = createIdentities(parts.authenticator, options, service);
  const gatewayOptions = { service, fanout, watches, identities, clock, options, counting };
  const gateway: Gateway = new Gateway(gatewayOptions);
  const dispatcher = new Dispatcher(gateway, {
    ...gatewayOptions,
    onError: (error, event) => log.error({ err: error, event: event.slice(0, 64) }, 'A message could not be answered.'),
  });
  const clientAddress = createClientAddress(options.trustedProxies);
  const leases = new Leases({ service, identities, admission: gateway.admission, leaseMs: options.leaseMs, counting });
  setGauges({ metrics, gateway, service, watches });
  return {
    parts,
    incarnation,
    service,
    gateway,
    dispatcher,
    leases,
    identities,
    fanout,
    watches,
    addressOf: (request) => clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for']),
    start: () => service.start(),
    close: async () => {
      fanout.close();
      await service.close();
    },
  };
}
