import { createHash } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { type Namespace, Server, type Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import type { Identity } from '../authenticate.ts';
import { authField, findToken, queryField } from '../credentials.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { PorchlightError, publicError } from '../errors.ts';
import { refuseRevoked } from '../identities.ts';
import type { PresenceNode } from '../node.ts';
import { closedInOrder, goodbyeOf } from './goodbye.ts';
import { isOriginAllowed } from './origin.ts';
import { forgetLastRead } from './read-buffer.ts';
import { RoomlessAdapter } from './roomless-adapter.ts';
import { SocketIoCaller, SocketIoSession } from './socketio-caller.ts';
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
  readonly transport: { readonly socket?: WebSocket };
  close(): void;
  on(event: 'close' | 'heartbeat' | 'drain', run: (this: Conn) => void): void;
  on(event: 'data', run: (this: Conn, text: unknown) => void): void;
}

/** An event as Socket.IO's parser reads it; `id` where it is to be acknowledged. */
interface EventPacket {
  readonly data?: readonly unknown[];
  readonly id?: number;
}

interface PacketReader {
  onevent(this: Socket, packet: EventPacket): void;
}

/** What Socket.IO and this file want to know of the request, also later, when another namespace is joined. */
type EngineRequest = IncomingMessage & { readonly _query: Readonly<Record<string, string>> };

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

const NOBODY: readonly SocketIoSession[] = [];

/** With which the text of a packet that leaves a namespace begins. */
const LEAVES = '1'.charCodeAt(0);

const NO_ACKNOWLEDGEMENTS: ReadonlyMap<number, () => void> = new Map();

/** Messages that may wait for the sign-in of their sender. */
const EARLY_MAX = 32;

const LEFT_REASONS = new Set(['client namespace disconnect']);

/** Every Socket.IO dialect, over WebSocket and polling, on one HTTP server. */
export function attachSocketIo(http: HttpServer, node: PresenceNode): SocketIoTransport {
  const { options, dialects } = node.parts;
  const namespaces = byNamespace(dialects);
  const goodbyes = new Set([...namespaces.keys()].map(goodbyeOf));
  const callers = new Map<string, SocketIoCaller>();
  const io = new Server(http, {
    path: '/socket.io/',
    serveClient: options.playground,
    parser: textOnlyParser,
    adapter: RoomlessAdapter,
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

  function departed(this: Conn): void {
    callers.get(this.id)?.arriving.depart();
    callers.delete(this.id);
  }

  function alive(this: Conn): void {
    forgetLastRead(this.transport.socket);
    for (const { connection } of callers.get(this.id)?.sessions ?? NOBODY) if (connection !== null) node.gateway.alive(connection);
  }

  function drained(this: Conn): void {
    for (const { connection } of callers.get(this.id)?.sessions ?? NOBODY) if (connection !== null) node.fanout.drained(connection);
  }

  function received(this: Conn, text: unknown): void {
    forgetLastRead(this.transport.socket);
    if (typeof text === 'string' && text.charCodeAt(0) === LEAVES && goodbyes.has(text)) callers.get(this.id)?.sayGoodbye(text);
  }

  io.engine.on('connection', (conn: Conn) => {
    conn.request = remembered(conn.request);
    try {
      callers.set(conn.id, new SocketIoCaller(node.gateway.admission.arrive(node.addressOf(conn.request))));
    } catch {
      return conn.close();
    }
    conn.on('close', departed);
    conn.on('data', received);
    conn.on('heartbeat', alive);
    conn.on('drain', drained);
  });

  // In place of Socket.IO's own, which makes three functions and two turns of each message, for listeners that nobody has here.
  function heard(this: Socket, { data = [], id }: EventPacket): void {
    const [event, payload] = data;
    const session = this.data as SocketIoSession;
    const { connection, link } = session;
    const acknowledge = id === undefined ? undefined : (answer: unknown) => link.acknowledge(id, answer);
    if (connection !== null) return node.dispatcher.message(connection, String(event), payload, acknowledge);
    // Messages that overtake the sign-in wait for it, a few.
    session.early += 1;
    if (session.early > EARLY_MAX) return void this.disconnect();
    session.whenConnected((connected) => node.dispatcher.message(connected, String(event), payload, acknowledge));
  }

  function disconnected(this: Socket, reason: string): void {
    const session = this.data as SocketIoSession;
    const caller = callers.get(connId(this));
    caller?.leave(session);
    const left = LEFT_REASONS.has(reason) || closedInOrder(this) || caller?.hasSaid(goodbyeOf(this.nsp.name)) === true;
    session.whenConnected((connection) => (left ? node.gateway.left(connection) : node.gateway.lost(connection)));
  }

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
      if (identity !== null) {
        await node.service.load(identity.tenant, [identity.user]);
        refuseRevoked(node.identities, identity);
      }
      // One connection may join and leave its namespaces as often as it likes, and each time is a change that others are told of.
      const waitMs = node.gateway.admission.message(identity, node.addressOf(socket.request));
      if (waitMs > 0) throw new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs: waitMs });
      callers.get(connId(socket))?.arriving.signedIn();
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
    const session = new SocketIoSession(link, connect(socket, link, spoken, identity));
    socket.data = session;
    (socket as unknown as PacketReader).onevent = heard;
    callers.get(connId(socket))?.join(session, goodbyeOf(socket.nsp.name));
    socket.on('disconnect', disconnected);
    await session.settled();
    // Nobody asks again, and a heap dump is to hold no tokens. Nor is a client asked for acknowledgements.
    Object.assign(socket, { handshake: NOTHING, acks: NO_ACKNOWLEDGEMENTS });
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

  for (const [name, spoken] of namespaces) serve(io.of(name), spoken);
  // Socket.IO lets anybody into the root, unless told otherwise.
  if (!namespaces.has('/'))
    io.of('/').use((_socket, next) => next(connectError(new PorchlightError('NOT_FOUND', 'No dialect is spoken at this namespace.'))));
  return {
    close() {
      io.engine.close();
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

/** What says who a client is, from where, and with what; of a browser's headers a quarter. */
const REMEMBERED = ['authorization', 'cookie', 'host', 'origin', 'sec-fetch-site', 'user-agent', 'x-forwarded-for'] as const;

// The request itself would stay as long as the connection: 2,500 bytes, and of a client that polls its first, closed socket, which has
// forgotten whose address it had.
function remembered({ headers: given, url, _query, socket }: EngineRequest): EngineRequest {
  const headers = Object.fromEntries(REMEMBERED.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
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
