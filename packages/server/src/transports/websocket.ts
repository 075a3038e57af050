import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ClientFrame, NATIVE_PATH, SUBPROTOCOL } from '@porchlight/protocol';
import { WebSocketServer } from 'ws';
import type { Arriving } from '../admission.ts';
import type { Connection } from '../connection.ts';
import { findToken } from '../credentials.ts';
import { z } from '../dialects/dialect.ts';
import { native, snapshotPages } from '../dialects/native.ts';
import { shortText } from '../dialects/payload.ts';
import { PorchlightError, publicError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { readJson } from '../read-json.ts';
import type { NativeLink } from './native-link.ts';
import { type Greeting, NativeSocket, type SocketEvents } from './native-socket.ts';
import { isOriginAllowed } from './origin.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

/** The native protocol over plain WebSockets. */
export interface WebSocketTransport {
  readonly path: string;
  /** Takes over an upgrade request for `path`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

/** One for all connections. */
const SPOKEN = [native];

const optional = (length: number) => z.string().max(length).optional();

const hello = z.object({
  type: z.literal('hello'),
  token: z.string().optional(),
  userId: z.string().optional(),
  client: z.object({ platform: optional(32), appVersion: optional(32), device: optional(128), screen: shortText.optional() }).optional(),
  deviceId: z.string().min(1).max(64).optional(),
  resume: z.object({ session: z.string().max(64), seq: z.number().int().min(0) }).optional(),
  watchOnly: z.boolean().optional(),
});

export function createWebSocketTransport(node: PresenceNode): WebSocketTransport {
  const { options, clock, log } = node.parts;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    WebSocket: NativeSocket,
    // Pings are answered there.
    autoPong: false,
    maxPayload: options.frameBytesMax,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const sockets = new Set<NativeSocket>();
  /** Those whose hello is not answered yet, in the order in which they came. */
  const greeted = new Set<NativeSocket>();
  /** The last link of each session that a client may come back to, by its secret. */
  const resumable = new Map<string, NativeLink>();
  const forget = ({ resumeSecret }: Connection) => resumable.delete(resumeSecret ?? '');
  let cancelPings: (() => void) | undefined;
  let cancelDeadline: (() => void) | undefined;

  // One alarm for the pings of all sockets, and one for all deadlines: a timer each would cost more than the ping, and 600 bytes as long as
  // the connection lasts.
  const pingAll = () => {
    const now = clock.now();
    for (const { link } of sockets) link?.pingIfDue(now, options.pingIntervalMs, options.pingTimeoutMs);
    cancelPings = clock.alarm(now + Math.min(1_000, options.pingIntervalMs), pingAll);
  };
  pingAll();

  const closeLate = () => {
    cancelDeadline = undefined;
    for (const socket of greeted) {
      const closeAt = socket.greeting?.closeAt ?? 0;
      if (closeAt > clock.now()) {
        cancelDeadline = clock.alarm(closeAt, closeLate);
        return;
      }
      greeted.delete(socket);
      socket.link?.close(4408);
    }
  };

  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', destroy);
    if (!isOriginAllowed(request.headers.origin, request.headers.host, options)) {
      return refuseUpgrade(stream, new PorchlightError('FORBIDDEN', 'Pages of this origin may not connect.'));
    }
    const address = node.addressOf(request);
    let arriving: Arriving;
    try {
      arriving = node.gateway.admission.arrive(address);
    } catch (error) {
      return refuseUpgrade(stream, publicError(error));
    }
    const depart = () => arriving.depart();
    stream.once('close', depart);
    server.handleUpgrade(request, stream, head, (socket) => {
      // Errors and the end are its own from now on; and nothing may hold on to the request, which is 1,500 bytes.
      stream.off('error', destroy).off('close', depart);
      const { headers, url } = request;
      const upgradeToken = findToken({ headers, url, cookieName: options.cookie, corsOrigins: options.corsOrigins });
      const now = clock.now();
      const greeting = { upgradeToken, address, closeAt: now + options.authDeadlineMs, isUnderWay: false };
      socket.attach({ stream, events, arriving, greeting, now });
      sockets.add(socket);
      greeted.add(socket);
      cancelDeadline ??= clock.alarm(greeting.closeAt, closeLate);
    });
  };

  const greet = async (socket: NativeSocket, link: NativeLink, greeting: Greeting, text: string): Promise<void> => {
    greeting.isUnderWay = true;
    const frame = readHello(text, options.jsonDepthMax);
    const connection = await signIn(frame, frame.token ?? greeting.upgradeToken, link, greeting.address);
    link.connection = connection;
    socket.greeting = null;
    greeted.delete(socket);
    socket.arriving?.signedIn();
    // It may have gone while its user was being loaded.
    if (socket.readyState !== socket.OPEN) node.gateway.lost(connection, true);
    for (const held of link.release()) receive(connection, link, held);
  };

  const events: SocketEvents = {
    message(socket, data, isBinary) {
      const { link, greeting } = socket;
      if (link === null) return;
      const text = isBinary ? '' : data.toString();
      if (link.connection !== null) receive(link.connection, link, text);
      else if (greeting === null || greeting.isUnderWay) link.hold(text);
      else greet(socket, link, greeting, text).catch((error) => link.refuseHello(error));
    },
    pong({ link }) {
      link?.heard();
      if (link?.connection != null) node.gateway.alive(link.connection);
    },
    failed: (_socket, error) => log.debug({ err: error }, 'a WebSocket broke'),
    closed(socket, code) {
      sockets.delete(socket);
      greeted.delete(socket);
      socket.arriving?.depart();
      const connection = socket.link?.connection ?? null;
      // A resumed session belongs to its new link by now.
      if (connection === null || (connection.link !== null && connection.link !== socket.link)) return;
      if (code === 1000 || code === 4403) node.gateway.left(connection);
      else node.gateway.lost(connection, true);
    },
  };

  const receive = (connection: Connection, link: NativeLink, text: string): void => {
    let frame: Partial<ClientFrame> | null;
    try {
      frame = readJson(text, { depthMax: options.jsonDepthMax }) as Partial<ClientFrame> | null;
      if (typeof frame !== 'object' || frame === null || typeof frame.type !== 'string')
        throw new PorchlightError('INVALID_PAYLOAD', 'A frame is a JSON object with a "type".');
    } catch (error) {
      // Counted like any message, or rubbish would be free.
      return node.dispatcher.message(connection, 'not a frame', publicError(error));
    }
    link.heard();
    node.dispatcher.message(connection, frame.type, frame);
  };

  const signIn = async (
    frame: z.infer<typeof hello>,
    token: string | undefined,
    link: NativeLink,
    address: string,
  ): Promise<Connection> => {
    const identity =
      token === undefined && frame.userId !== undefined ? node.identities.claim(frame.userId, {}) : await node.identities.identify(token);
    const known = frame.resume === undefined ? undefined : resumable.get(frame.resume.session);
    if (frame.resume !== undefined) resumable.delete(frame.resume.session);
    if (known?.connection != null) {
      link.continueFrom(known);
      const missed = frame.resume?.seq !== known.seq;
      await node.service.load(identity.tenant, [identity.user]);
      if (node.gateway.resume(known.connection, link, identity)) return welcomeBack(known.connection, link, missed);
      // Not this client's: it must not learn how much was said there.
      link.startOver();
    }
    const { client } = frame;
    const connection = await node.gateway.connect({
      link,
      identity,
      dialects: SPOKEN,
      address,
      deviceKey: frame.deviceId === undefined ? null : `native ${frame.deviceId}`,
      ...(client && {
        details: {
          platform: client.platform ?? null,
          appVersion: client.appVersion ?? null,
          device: client.device ?? null,
          screen: client.screen ?? null,
        },
      }),
      watchOnly: frame.watchOnly ?? false,
      answersPing: true,
      dropped: forget,
    });
    welcome(connection, link, false);
    return connection;
  };

  // The session goes on: its watches stand, and what changed meanwhile follows; all of it, if a frame was lost on the way.
  const welcomeBack = (connection: Connection, link: NativeLink, missed: boolean): Connection => {
    welcome(connection, link, true);
    if (missed) {
      const shown = [...node.watches.usersOf(connection.watcher)].map((index) => {
        const { id } = node.service.engine.roster.at(index) as { id: string };
        return { id, spelled: id, view: node.service.view(connection.viewer, id) };
      });
      connection.dirty.clear();
      link.say(snapshotPages(shown, undefined, clock.now()));
    }
    node.fanout.resumed(connection);
    return connection;
  };

  const welcome = (connection: Connection, link: NativeLink, resumed: boolean): void => {
    const secret = randomBytes(18).toString('base64url');
    connection.resumeSecret = secret;
    resumable.set(secret, link);
    link.say([
      [
        'welcome',
        {
          session: secret,
          user: connection.viewer.user,
          now: clock.now(),
          epoch: node.incarnation,
          resumed,
          thresholds: {
            awayAfterMs: options.awayAfterMs,
            graceMs: options.graceMs,
            pingMs: options.pingIntervalMs,
            flushMs: options.flushMs,
          },
          limits: { frameBytesMax: options.frameBytesMax, idsMax: options.idsMax, watchesMax: options.watchesPerConnectionMax },
        },
      ],
    ]);
  };

  return {
    path: NATIVE_PATH,
    upgrade,
    close() {
      cancelPings?.();
      cancelDeadline?.();
      for (const socket of sockets) socket.terminate();
      server.close();
    },
  };
}

function readHello(text: string, depthMax: number): z.infer<typeof hello> {
  const read = hello.safeParse(readJson(text, { depthMax }));
  if (!read.success) throw new PorchlightError('INVALID_PAYLOAD', 'The first frame must be a valid "hello".');
  return read.data;
}

function destroy(this: Duplex): void {
  this.destroy();
}
