import type { Surroundings } from './inbox.ts';
import { NativeClient } from './native-client.ts';
import { type ClientOptions, SocketClient, type TransportName } from './socket-client.ts';

/** A running server. */
interface Running extends Surroundings {
  readonly url: string;
  token(user: string | number, claims?: Readonly<Record<string, unknown>>): string;
}

/** How somebody connects, where it matters. */
export interface Connecting extends ClientOptions {
  /** Claims of the token. */
  claims?: Readonly<Record<string, unknown>>;
  /** Another way to the server, such as a network that can be cut. */
  through?: string;
}

export type World = ReturnType<typeof createWorld>;

/** Everybody who connects to one server in one test. */
export function createWorld(server: Running, transport: TransportName = 'websocket') {
  const { url, clock, token } = server;
  const endings: (() => void)[] = [];

  /** A Socket.IO client that has only begun to connect. */
  const connecting = (namespace: '/' | '/ws/messages', options: Connecting = {}): SocketClient => {
    const { through = url, claims: _claims, ...rest } = options;
    const client = new SocketClient(`${through}${namespace}`, server, { transports: [transport], ...rest });
    endings.push(() => client.socket.disconnect());
    return client;
  };

  const join = (namespace: '/' | '/ws/messages') => {
    return async (user: string | number, options: Connecting = {}): Promise<SocketClient> => {
      const { auth = {}, ...rest } = options;
      const client = connecting(namespace, { auth: { token: token(user, options.claims), ...auth }, ...rest });
      await client.next('#connect');
      await client.settled();
      return client;
    };
  };

  return {
    url,
    clock,
    token,
    connecting,
    /** Signs somebody in at the namespace where three dialects live; resolves when the user is present. */
    root: join('/'),
    /** The same at the namespace of the gateway. */
    gateway: join('/ws/messages'),

    async native(user: string, hello: Readonly<Record<string, unknown>> = {}, through = url): Promise<NativeClient> {
      const client = new NativeClient(through, { token: token(user), ...hello }, server);
      endings.push(() => client.cut());
      await client.next('welcome');
      return client;
    },

    /** Asks a route over HTTP, as `user` unless null. */
    async http(method: 'GET' | 'POST', path: string, user: string | null, body?: unknown) {
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(user === null ? null : { authorization: `Bearer ${token(user)}` }),
          ...(body === undefined ? null : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? null : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
    },

    end() {
      for (const end of endings) end();
    },
  };
}

/** What tests are made of: a fresh server and those who connect to it, all gone when the test is over. */
export function worldOpener<Given>(
  start: (given?: Given) => Promise<Running & { close(): Promise<void> }>,
  finished: (end: () => Promise<void>) => void,
) {
  return async (transport: TransportName, given?: Given): Promise<World> => {
    const server = await start(given);
    const world = createWorld(server, transport);
    finished(async () => {
      world.end();
      await server.close();
    });
    return world;
  };
}

export const iso = (at: number) => new Date(at).toISOString();

/**
 * Matches an ISO-8601 UTC time with milliseconds that lies within half a second of `at`: time is nudged while something is waited for. A proof
 * of life that only comes by ping may be older, as `withinMs` says.
 */
export function near(at: number, withinMs = 500) {
  return {
    $$typeof: Symbol.for('jest.asymmetricMatcher'),
    asymmetricMatch: (value: unknown) =>
      typeof value === 'string' && iso(Date.parse(value)) === value && Math.abs(Date.parse(value) - at) <= withinMs,
    toString: () => `near ${iso(at)}`,
    toAsymmetricMatcher: () => `near ${iso(at)}`,
  };
}
