import { NATIVE_PATH, SUBPROTOCOL } from '@porchlight/protocol';
import { WebSocket } from 'ws';

/*
 * Many people at once, as bare WebSockets: a thousand real clients would cost more than the server they test.
 */

/** How one of the crowd connects: its URL, what it says first, and how the answer begins that shows it is in. */
interface Way {
  readonly path: string;
  readonly protocols?: string[];
  /** Said when the server has opened; for Socket.IO that is after its own first packet. */
  hello(token: string): string;
  readonly opening: string | null;
  readonly welcome: string;
}

const WAYS: readonly Way[] = [
  {
    path: NATIVE_PATH,
    protocols: [SUBPROTOCOL],
    hello: (token) => JSON.stringify({ type: 'hello', token, client: { platform: 'web' } }),
    opening: null,
    welcome: '{"type":"welcome"',
  },
  // Engine.IO: `0` opens, `4` is a message; Socket.IO in it: `0` connects, `2` is an event.
  {
    path: '/socket.io/?EIO=4&transport=websocket',
    hello: (token) => `40/ws/messages,${JSON.stringify({ token })}`,
    opening: '0{',
    welcome: '42/ws/messages,["connected"',
  },
];

export interface Crowd {
  /** Says goodbye for these, and resolves when the server has let them go. */
  leave(users: readonly string[]): Promise<void>;
  /** Lets go of what is left of the sockets. */
  end(): void;
}

/** Connects everybody, half of them natively and half through Socket.IO, and resolves when all are in. */
export async function gather(url: string, users: readonly string[], token: (user: string) => string): Promise<Crowd> {
  const sockets = new Map<string, WebSocket>();
  // A hundred at a time: more would wait in the listening queue and be timed out there.
  for (let start = 0; start < users.length; start += 100) {
    const some = users.slice(start, start + 100);
    const joined = some.map((user, index) => join(url, WAYS[index % WAYS.length] as Way, token(user)));
    for (const [index, socket] of (await Promise.all(joined)).entries()) sockets.set(some[index] as string, socket);
  }
  return {
    async leave(leaving) {
      await Promise.all(leaving.map((user) => goodbye(sockets.get(user) as WebSocket)));
    },
    end() {
      for (const socket of sockets.values()) socket.terminate();
    },
  };
}

function join(url: string, way: Way, token: string): Promise<WebSocket> {
  return new Promise((joined, failed) => {
    const socket = new WebSocket(url.replace('http', 'ws') + way.path, way.protocols ?? []);
    socket.on('error', failed);
    socket.on('open', () => way.opening === null && socket.send(way.hello(token)));
    socket.on('message', (data) => {
      const text = String(data);
      if (way.opening !== null && text.startsWith(way.opening)) socket.send(way.hello(token));
      else if (text.startsWith(way.welcome)) joined(socket);
      // Engine.IO's ping.
      else if (text === '2') socket.send('3');
    });
    socket.on('close', (code) => failed(new Error(`closed with ${code} before it was in`)));
  });
}

function goodbye(socket: WebSocket): Promise<void> {
  return new Promise((gone) => {
    socket.once('close', () => gone());
    if (socket.protocol === SUBPROTOCOL) return socket.send('{"type":"leave"}');
    // In order: the goodbye of the namespace is read before the transport closes.
    socket.send('41/ws/messages,');
    socket.close();
  });
}
