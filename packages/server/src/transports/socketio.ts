import { createHash } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { type Namespace, Server, type Socket } from 'socket.io';
import type { Arriving } from '../admission.ts';
import type { Identity } from '../authenticate.ts';
import type { Connection } from '../connection.ts';
import { authField, findToken, queryField } from '../credentials.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { PorchlightError, publicError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { listenForGoodbye } from './goodbye.ts';
import { isOriginAllowed } from './origin.ts';
import { SocketIoLink } from './socketio-link.ts';
import * as textOnlyParser from './socketio-parser.ts';

export interface SocketIoTransport {
  close(): void;
}

/** What the middleware found out before a socket is told that it is connected. */
interface Admitted {
  identity: Identity | null;
  refusal: PorchlightError | undefined;
}

/** The little that is used of Engine.IO's connection. */
interface Conn {
  readonly id: string;
  request: EngineRequest;
  close(): void;
  on(event: 'close', run: (this: Conn) => void): void;
}

/** What Socket.IO and this file want to know of the request, also later, when another namespace is joined. */
type EngineRequest = IncomingMessage & { readonly _query: Readonly<Record<string, string>> };

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** Messages that may wait for the sign-in of their sender. */
const EARLY_MAX = 32;

const LEFT_REASONS = new Set(['client namespace disconnect']);

/** Every Socket.IO dialect, over WebSocket and polling, on one HTTP server. */
export function attachSocketIo(http: HttpServer, node: PresenceNode): SocketIoTransport {
  const { options, dialects } = node.parts;
  const arrivals = new Map<string, Arriving>();
  const io = new Server(http, {
    path: '/socket.io/',
    serveClient: options.playground,
    parser: textOnlyParser,
    maxHttpBufferSize: options.frameBytesMax,
    pingInterval: options.pingIntervalMs,
    pingTimeout: options.pingTimeoutMs,
    connectTimeout: options.authDeadlineMs,
    upgradeTimeout: 5_000,
    allowEIO3: options.engineIo3,
    perMessageDeflate: false,
    httpCompression: false,
    destroyUpgrade: false,
    cleanupEmptyChildNamespaces: true,
    cors: {
      origin: (origin, allow) => allow(null, origin !== undefined && options.corsOrigins.some((each) => each === '*' || each === origin)),
      credentials: true,
    },
    allowRequest: (request, answer) => {
      const allowed = isOriginAllowed(request.headers.origin, request.headers.host, options);
      answer(allowed ? null : 'the origin is not allowed', allowed);
    },
  });

  // One function for all connections: one that holds what it needs, called once, costs 250 bytes each.
  function departed(this: Conn): void {
    arrivals.get(this.id)?.depart();
    arrivals.delete(this.id);
  }

  io.engine.on('connection', (conn: Conn) => {
    conn.request = remembered(conn.request);
    try {
      arrivals.set(conn.id, node.gateway.admission.arrive(node.addressOf(conn.request)));
      conn.on('close', departed);
    } catch {
      conn.close();
    }
  });

  const serve = (namespace: Namespace, spoken: readonly Dialect[]) => {
    const admitted = new WeakMap<Socket, Admitted>();
    namespace.use((socket, next) => {
      admit(socket, spoken).then(
        (result) => {
          admitted.set(socket, result);
          next();
        },
        (error) => next(connectError(error)),
      );
    });
    namespace.on('connection', (socket) => void welcome(socket, spoken, admitted.get(socket) as Admitted));
  };

  const admit = async (socket: Socket, spoken: readonly Dialect[]): Promise<Admitted> => {
    const { auth, headers } = socket.handshake;
    try {
      const token = findToken({ auth, headers, url: socket.request.url, cookieName: options.cookie, corsOrigins: options.corsOrigins });
      const claimed = authField(auth, 'userId') ?? queryField(socket.request.url, 'userId');
      const identity =
        token === undefined && claimed !== undefined ? node.identities.claim(claimed, {}) : await node.gateway.identify(token);
      if (identity !== null) await node.service.load(identity.tenant, [identity.user]);
      if (identity !== null && node.identities.isRevoked(identity))
        throw new PorchlightError('UNAUTHENTICATED', 'The user was signed out.');
      // One connection may join and leave its namespaces as often as it likes, and each time is a change that others are told of.
      const waitMs = node.gateway.admission.message(identity, node.addressOf(socket.request));
      if (waitMs > 0) throw new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs: waitMs });
      arrivals.get(connId(socket))?.signedIn();
      return { identity, refusal: undefined };
    } catch (error) {
      const refusal = publicError(error);
      const insists = options.authErrorsAfterConnect || asks(socket, 'connectFirst');
      if (!insists || !spoken.some((dialect) => dialect.says.unauthenticated !== undefined)) throw refusal;
      return { identity: null, refusal };
    }
  };

  const welcome = async (socket: Socket, spoken: readonly Dialect[], { identity, refusal }: Admitted): Promise<void> => {
    const link = new SocketIoLink(socket);
    const at = node.service.now();
    if (refusal !== undefined) {
      for (const dialect of spoken)
        link.say(dialect.says.unauthenticated?.({ code: refusal.code, message: refusal.message, event: null, at }) ?? []);
      socket.disconnect();
      return;
    }
    let connection: Connection | undefined;
    let early = 0;
    const connecting = connect(socket, link, spoken, identity).then((connected) => {
      connection = connected;
      return connected;
    });
    socket.onAny((event: unknown, ...args: unknown[]) => {
      const last = args.at(-1);
      const acknowledge = typeof last === 'function' ? (last as (answer: unknown) => void) : undefined;
      const payload = acknowledge !== undefined && args.length === 1 ? undefined : args[0];
      if (connection !== undefined) return node.dispatcher.message(connection, String(event), payload, acknowledge);
      // Messages that overtake the sign-in wait for it, a few.
      early += 1;
      if (early > EARLY_MAX) return void socket.disconnect();
      void connecting.then((connected) => connected && node.dispatcher.message(connected, String(event), payload, acknowledge));
    });
    const saidGoodbye = listenForGoodbye(socket);
    socket.on('disconnect', (reason) => {
      void connecting.then((connected) => {
        if (connected === undefined) return;
        if (LEFT_REASONS.has(reason) || saidGoodbye()) node.gateway.left(connected);
        else node.gateway.lost(connected);
      });
    });
    const connected = await connecting;
    // Nobody asks again, and a heap dump is to hold no tokens.
    socket.handshake.auth = NOTHING;
    if (connected === undefined) return;
    socket.conn.on('heartbeat', () => node.gateway.alive(connected));
    socket.conn.on('drain', () => node.fanout.drained(connected));
  };

  const connect = async (socket: Socket, link: SocketIoLink, spoken: readonly Dialect[], identity: Identity | null) => {
    const address = node.addressOf(socket.request);
    const deviceKey = `socket.io ${createHash('sha256')
      .update(`${socket.nsp.name}\n${socket.handshake.headers['user-agent'] ?? ''}`)
      .digest('base64url')}`;
    const reconnect = identity !== null && node.service.isAwaited(identity.tenant, identity.user, deviceKey);
    try {
      const connection = await node.gateway.connect({ link, identity, dialects: spokenBy(socket, spoken), address, deviceKey });
      if (identity !== null)
        for (const dialect of connection.dialects) {
          const message = dialect.says.welcome?.({ user: identity.user, connection: socket.id, at: node.service.now(), reconnect });
          if (message !== undefined) link.say([message]);
        }
      return connection;
    } catch (error) {
      const { code, message } = publicError(error);
      for (const dialect of spoken) link.say(dialect.says.refused({ code, message, event: null, at: node.service.now() }).says ?? []);
      socket.disconnect();
      return undefined;
    }
  };

  // A client may say which dialect it speaks; otherwise its words will tell, or the operator has decided.
  const spokenBy = (socket: Socket, spoken: readonly Dialect[]): readonly Dialect[] => {
    const named = authField(socket.handshake.auth, 'dialect') ?? options.defaultDialect;
    const dialect = spoken.find(({ name }) => name === named);
    return dialect === undefined ? spoken : [dialect];
  };

  const namespaces = byNamespace(dialects);
  for (const [name, spoken] of namespaces) serve(io.of(name), spoken);
  // Socket.IO lets anybody into the root, unless told otherwise.
  if (!namespaces.has('/'))
    io.of('/').use((_socket, next) => next(connectError(new PorchlightError('NOT_FOUND', 'No dialect is spoken at this namespace.'))));
  return {
    close() {
      io.engine.close();
      io.disconnectSockets(true);
    },
  };
}

function byNamespace(dialects: readonly Dialect[]): Map<string, Dialect[]> {
  const namespaces = new Map<string, Dialect[]>();
  for (const dialect of dialects) {
    if (dialect.namespace === null) continue;
    const spoken = namespaces.get(dialect.namespace);
    if (spoken === undefined) namespaces.set(dialect.namespace, [dialect]);
    else spoken.push(dialect);
  }
  return namespaces;
}

// The request itself would stay as long as the connection: 2,500 bytes, and of a client that polls its first, closed socket, which has
// forgotten whose address it had.
function remembered({ headers, url, _query, socket }: EngineRequest): EngineRequest {
  const peer = { remoteAddress: socket.remoteAddress, encrypted: 'encrypted' in socket && socket.encrypted === true };
  return { headers, url, _query, socket: peer, connection: peer } as unknown as EngineRequest;
}

const connId = (socket: Socket) => (socket.conn as unknown as { id: string }).id;

function asks(socket: Socket, field: string): boolean {
  const auth: unknown = socket.handshake.auth;
  if (typeof auth === 'object' && auth !== null && Object.hasOwn(auth, field) && (auth as Record<string, unknown>)[field] === true)
    return true;
  const value = authField(auth, field) ?? queryField(socket.request.url, field);
  return value === 'true' || value === '1';
}

function connectError(error: unknown): Error {
  const { code, message, retryAfterMs } = publicError(error);
  return Object.assign(new Error(message), { data: { code, message, ...(retryAfterMs === undefined ? null : { retryAfterMs }) } });
}
