import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ClientFrame, NATIVE_PATH, SUBPROTOCOL } from '@porchlight/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Arriving } from '../admission.ts';
import type { Connection } from '../connection.ts';
import { findToken } from '../credentials.ts';
import { z } from '../dialects/dialect.ts';
import { native, snapshotPages } from '../dialects/native.ts';
import { shortText } from '../dialects/payload.ts';
import { PorchlightError, publicError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { readJson } from '../read-json.ts';
import { NativeLink } from './native-link.ts';
import { isOriginAllowed } from './origin.ts';

/** The native protocol over plain WebSockets. */
export interface WebSocketTransport {
  readonly path: string;
  /** Takes over an upgrade request for `path`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

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

interface Resumable {
  connection: Connection;
  link: NativeLink;
}

export function createWebSocketTransport(node: PresenceNode): WebSocketTransport {
  const { options, clock, log } = node.parts;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.frameBytesMax,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const links = new Set<NativeLink>();
  const resumable = new Map<string, Resumable>();
  let cancelPings: (() => void) | undefined;

  // One alarm for the pings of all links: a timer each would cost more than the ping.
  const pingAll = () => {
    const now = clock.now();
    for (const link of links) link.pingIfDue(now, options.pingIntervalMs, options.pingTimeoutMs);
    cancelPings = clock.alarm(now + Math.min(1_000, options.pingIntervalMs), pingAll);
  };
  pingAll();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    if (!isOriginAllowed(request.headers.origin, request.headers.host, options)) return refuse(socket, 403);
    const address = node.addressOf(request);
    let arriving: Arriving;
    try {
      arriving = node.gateway.admission.arrive(address);
    } catch (error) {
      const { code, retryAfterMs } = publicError(error);
      return refuse(socket, code === 'UNAVAILABLE' ? 503 : 429, retryAfterMs);
    }
    socket.once('close', () => arriving.depart());
    server.handleUpgrade(request, socket, head, (ws) => accept(ws, socket, request, address, arriving));
  };

  const accept = (ws: WebSocket, socket: Duplex, request: IncomingMessage, address: string, arriving: Arriving): void => {
    const link = new NativeLink(ws, socket, clock.now());
    links.add(link);
    let connection: Connection | undefined;
    let greeting = false;
    const cancelDeadline = clock.alarm(clock.now() + options.authDeadlineMs, () => connection === undefined && link.close(4408));

    const greet = async (text: string) => {
      greeting = true;
      const frame = readHello(text, options.jsonDepthMax);
      const upgradeToken = findToken({
        headers: request.headers,
        url: request.url,
        cookieName: options.cookie,
        corsOrigins: options.corsOrigins,
      });
      connection = await signIn(frame, frame.token ?? upgradeToken, link, address);
      arriving.signedIn();
      cancelDeadline();
      // It may have gone while its user was being loaded.
      if (ws.readyState !== ws.OPEN) node.gateway.lost(connection, true);
    };

    ws.on('message', (data, isBinary) => {
      const text = isBinary ? '' : data.toString();
      if (connection !== undefined) return receive(connection, link, text);
      if (greeting) return link.hold(text);
      greet(text).then(
        () => {
          for (const held of link.release()) if (connection !== undefined) receive(connection, link, held);
        },
        (error) => link.refuseHello(error),
      );
    });
    ws.on('pong', () => {
      link.ponged();
      if (connection !== undefined) node.gateway.alive(connection);
    });
    ws.on('error', (error) => log.debug({ err: error }, 'a WebSocket broke'));
    ws.on('close', (code) => {
      links.delete(link);
      cancelDeadline();
      // A resumed session belongs to its new link by now.
      if (connection === undefined || (connection.link !== null && connection.link !== link)) return;
      if (code === 1000 || code === 4403) node.gateway.left(connection);
      else node.gateway.lost(connection, true);
    });
  };

  const receive = (connection: Connection, link: NativeLink, text: string): void => {
    let frame: Partial<ClientFrame> | null;
    try {
      frame = readJson(text, { depthMax: options.jsonDepthMax }) as Partial<ClientFrame> | null;
      if (typeof frame !== 'object' || frame === null || typeof frame.type !== 'string')
        throw new PorchlightError('INVALID_PAYLOAD', 'A frame is a JSON object with a "type".');
    } catch (error) {
      // Counted like any message, or rubbish would be free.
      return node.dispatcher.message(connection, 'not a frame', { error: publicError(error).message });
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
    if (known !== undefined) {
      link.continueFrom(known.link);
      const missed = frame.resume?.seq !== known.link.seq;
      await node.service.load(identity.tenant, [identity.user]);
      if (node.gateway.resume(known.connection, link, identity)) return welcomeBack(known.connection, link, missed);
      // Not this client's: it must not learn how much was said there.
      link.startOver();
    }
    let secret = '';
    const connection = await node.gateway.connect({
      link,
      identity,
      dialects: [native],
      address,
      deviceKey: frame.deviceId === undefined ? null : `native ${frame.deviceId}`,
      details: {
        platform: frame.client?.platform ?? null,
        appVersion: frame.client?.appVersion ?? null,
        device: frame.client?.device ?? null,
        screen: frame.client?.screen ?? null,
      },
      watchOnly: frame.watchOnly ?? false,
      answersPing: true,
      dropped: () => resumable.delete(secret),
    });
    secret = welcome(connection, link, false);
    return connection;
  };

  // The session goes on: its watches stand, and what changed meanwhile follows; all of it, if a frame was lost on the way.
  const welcomeBack = (connection: Connection, link: NativeLink, missed: boolean): Connection => {
    const secret = welcome(connection, link, true);
    connection.arrival.dropped = () => resumable.delete(secret);
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

  const welcome = (connection: Connection, link: NativeLink, resumed: boolean): string => {
    const secret = randomBytes(18).toString('base64url');
    resumable.set(secret, { connection, link });
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
    return secret;
  };

  return {
    path: NATIVE_PATH,
    upgrade,
    close() {
      cancelPings?.();
      for (const link of links) link.cut();
      server.close();
    },
  };
}

function readHello(text: string, depthMax: number): z.infer<typeof hello> {
  const read = hello.safeParse(readJson(text, { depthMax }));
  if (!read.success) throw new PorchlightError('INVALID_PAYLOAD', 'The first frame must be a valid "hello".');
  return read.data;
}

function refuse(socket: Duplex, status: 403 | 429 | 503, retryAfterMs?: number): void {
  const words = { 403: 'Forbidden', 429: 'Too Many Requests', 503: 'Service Unavailable' }[status];
  const retry = retryAfterMs === undefined ? '' : `Retry-After: ${Math.ceil(retryAfterMs / 1_000)}\r\n`;
  socket.end(`HTTP/1.1 ${status} ${words}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
