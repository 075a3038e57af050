import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { apiRoutes } from './api/api.ts';
import { createAuthenticator } from './authenticate.ts';
import { type Clock, createSystemClock } from './clock.ts';
import { createSoloCluster } from './cluster/solo.ts';
import { databasePath } from './data-folder.ts';
import type { Dialect } from './dialects/dialect.ts';
import { PorchlightError } from './errors.ts';
import { loadDialects } from './load-dialects.ts';
import { createLogger, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createNode, type PresenceNode } from './node.ts';
import type { ServerOptions } from './options.ts';
import { playgroundRoutes } from './playground/routes.ts';
import { tokenSecret } from './secrets.ts';
import { createMemoryStore } from './stores/memory.ts';
import { createSqliteStore } from './stores/sqlite.ts';
import type { Store } from './stores/store.ts';
import { createHttpListener } from './transports/http.ts';
import { refuseUpgrade } from './transports/refuse-upgrade.ts';
import { attachSocketIo } from './transports/socketio.ts';
import { createWebSocketTransport } from './transports/websocket.ts';

/** Parts that an embedding program, or a test, brings itself. */
export interface ServerOverrides {
  clock?: Clock;
  store?: Store;
  log?: Logger;
  /** In addition to the built-in ones. */
  dialects?: readonly Dialect[];
}

export interface Server {
  /** Starts to take connections; rejects with what the operating system says, such as EADDRINUSE. */
  listen(): Promise<{ url: string; port: number }>;
  /**
   * Stops in good order: nobody new is taken, everybody is told to come back in a while, everything is written. Nobody's watchers are told
   * anything, because whoever comes back in time never left. May repeat.
   */
  close(): Promise<void>;
  readonly node: PresenceNode;
}

/** How far apart clients are sent away on a stop, so that they do not all come back at once. */
const RETURN_WITHIN_MS = 5_000;

/** How often slow requests are looked for. */
const SLOW_REQUESTS_CHECK_MS = 1_000;

/** Composes the whole server; the only place that knows every part. Opens the store; takes no connection before `listen`. */
export async function createServer(options: ServerOptions, overrides: ServerOverrides = {}): Promise<Server> {
  const clock = overrides.clock ?? createSystemClock();
  const log = overrides.log ?? createLogger({ ...options, clock, hashKey: tokenSecret(options) ?? 'porchlight' });
  const metrics = createMetrics();
  const authenticator = createAuthenticator({ ...options, jwtSecret: tokenSecret(options), clock });
  const dialects = await loadDialects(options, overrides.dialects);
  const node = createNode({
    options,
    clock,
    store: overrides.store ?? openStore(options, log),
    cluster: createSoloCluster(),
    authenticator,
    dialects,
    log,
    metrics,
  });
  await node.start();

  const http = createHttpServer(
    {
      headersTimeout: options.headersTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      // Node looks every 30 s otherwise, and a slow request lives as long.
      connectionsCheckingInterval: SLOW_REQUESTS_CHECK_MS,
      maxHeaderSize: 16_384,
    },
    createHttpListener(node, [apiRoutes, ...(options.playground ? [playgroundRoutes] : [])]),
  );
  const socketIo = attachSocketIo(http, node);
  const webSocket = createWebSocketTransport(node);
  http.on('upgrade', (request, socket, head) => {
    const path = request.url?.split('?')[0];
    if (path === webSocket.path) webSocket.upgrade(request, socket, head);
    else if (!path?.startsWith('/socket.io/')) refuseUpgrade(socket, new PorchlightError('NOT_FOUND'));
    // Deeper paths are Engine.IO's own to it, and it may have answered already.
    else if (path !== '/socket.io/') socket.destroy();
  });

  let closing: Promise<void> | undefined;
  const stop = async () => {
    http.close();
    node.gateway.drain(() => randomInt(RETURN_WITHIN_MS));
    webSocket.close();
    socketIo.close();
    http.closeAllConnections();
    await node.close();
  };
  return {
    node,
    listen: () =>
      new Promise((resolve, reject) => {
        http.once('error', reject);
        http.listen(options.port, options.host, () => {
          http.removeListener('error', reject);
          const { port } = http.address() as AddressInfo;
          const host = options.host.includes(':') ? `[${options.host}]` : options.host;
          resolve({ url: `http://${host}:${port}`, port });
        });
      }),
    close: () => {
      closing ??= stop();
      return closing;
    },
  };
}

function openStore(options: ServerOptions, log: Logger): Store {
  if (options.store === 'memory') return createMemoryStore();
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  return createSqliteStore({
    file: databasePath(options.data),
    synchronous: options.sqliteSynchronous,
    onFailure: (error) => log.fatal({ err: error }, 'The database stopped; nothing can be stored until the server is started again.'),
  });
}
