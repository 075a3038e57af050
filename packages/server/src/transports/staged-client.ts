import { once } from 'node:events';
import { NATIVE_PATH, SUBPROTOCOL } from '@porchlight/protocol';
import { type ClientOptions, WebSocket } from 'ws';
import { signToken } from '../authenticate.ts';
import { createManualClock } from '../clock.ts';
import { createServer, type ServerOverrides } from '../create-server.ts';
import { completeOptions, type ServerOptions } from '../options.ts';
import { keptLog } from '../staged-node.ts';

/*
 * For tests of what goes over the wire: a real server on a free port whose time is moved by hand, and plain WebSockets that keep every
 * frame in the order in which it came.
 */

export const SECRET = 'a secret that is long enough for HS256!';

export interface Frame {
  readonly type: string;
  readonly seq: number;
  readonly [field: string]: unknown;
}

export async function stageServer(given: Partial<ServerOptions> = {}, overrides: ServerOverrides = {}) {
  const clock = createManualClock();
  const { log, lines } = keptLog(clock);
  const options = completeOptions({
    port: 0,
    store: 'memory',
    playground: false,
    // Virtual time may be moved by a minute at once, and no real pong can come in between.
    pingTimeoutMs: 85_000,
    pingIntervalMs: 85_000,
    ...(given.auth === 'open' ? null : { jwtSecret: SECRET }),
    ...given,
  });
  const server = await createServer(options, { clock, log, ...overrides });
  const { url } = await server.listen();
  const clients = new Set<Client>();
  const token = (user: string, lifetimeMs = 3_600_000, tenant?: string) =>
    signToken({ user, lifetimeMs, ...(tenant === undefined ? null : { tenant }) }, { ...options, jwtSecret: SECRET, clock });
  return {
    server,
    url,
    clock,
    options,
    /** Errors that were logged. */
    lines,
    token,
    /** A WebSocket that has not said hello. */
    async socket(headers: ClientOptions = {}): Promise<Client> {
      const client = new Client(new WebSocket(url.replace('http', 'ws') + NATIVE_PATH, SUBPROTOCOL, headers));
      clients.add(client);
      await client.opened;
      return client;
    },
    /** A signed-in client, with its welcome. */
    async join(user: string, hello: Readonly<Record<string, unknown>> = {}): Promise<{ client: Client; welcome: Frame }> {
      const client = await this.socket();
      client.send({ type: 'hello', token: token(user), ...hello });
      return { client, welcome: await client.next('welcome') };
    },
    see: (id: string, user = 'viewer', tenant = 'default') => server.node.service.view({ tenant, user }, id),
    async close() {
      for (const client of clients) client.cut();
      await server.close();
    },
  };
}

export type StagedServer = Awaited<ReturnType<typeof stageServer>>;

/** A native client that does nothing by itself, not even answer a ping. */
export class Client {
  readonly ws: WebSocket;
  readonly opened: Promise<unknown>;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Frames that nobody has asked for yet. */
  readonly frames: Frame[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(ws: WebSocket) {
    this.ws = ws;
    this.opened = once(ws, 'open');
    this.closed = new Promise((resolve) => ws.on('close', (code, reason) => resolve({ code, reason: String(reason) })));
    ws.on('error', () => {});
    ws.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)));
      for (const look of this.#waiting) look();
    });
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** Takes the first frame of a type, whatever else came before it. */
  next(type: string): Promise<Frame> {
    return new Promise((resolve) => {
      const look = () => {
        const index = this.frames.findIndex((frame) => frame.type === type);
        if (index === -1) return;
        this.#waiting.delete(look);
        resolve(this.frames.splice(index, 1)[0] as Frame);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Everything that came until the server had answered all that was sent so far. */
  async settled(): Promise<Frame[]> {
    const request = `settled ${settledCount++}`;
    this.send({ type: 'get', request, ids: [] });
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!this.frames.some((frame) => frame.request === request)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    return this.frames.splice(0).filter((frame) => frame.request !== request);
  }

  /** Sends a frame and takes its answer. */
  async ask(frame: Readonly<Record<string, unknown>>, answer: string): Promise<Frame> {
    this.send(frame);
    return this.next(answer);
  }

  cut(): void {
    this.ws.terminate();
  }
}

let settledCount = 0;
