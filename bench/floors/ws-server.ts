/**
 * The floor: the least that a presence server on `ws` must do to send the bytes of the native protocol. It believes every id, keeps
 * nothing, and hides nobody. With FLUSH_MS it gathers the changes of a watcher into one frame.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Frame =
  | { type: 'hello'; token: string }
  | { type: 'watch'; set: string[] }
  | { type: 'show'; shown: boolean }
  | { type: 'get'; request: string; ids: string[] }
  | { type: 'leave' };

interface Watcher {
  socket: WebSocket;
  /** Encoded records by user, the last one wins. */
  waiting: Map<string, string>;
}

const flushMs = Number(process.env.FLUSH_MS ?? 0);
const watchersOf = new Map<string, Set<Watcher>>();
const dirty = new Set<Watcher>();
const states = new Map<string, { online: boolean; lastSeenAt: number; version: number }>();
const AS_TEXT = { binary: false };

function record(id: string): string {
  const state = states.get(id);
  if (state === undefined) return JSON.stringify({ id, online: false, status: 'offline', lastSeenAt: null, version: 0 });
  const { online, lastSeenAt, version } = state;
  return JSON.stringify({ id, online, status: online ? 'online' : 'offline', lastSeenAt, version });
}

const changes = (records: string) => `{"type":"changes","seq":1,"at":${Date.now()},"presences":[${records}]}`;

function change(id: string, online: boolean): void {
  states.set(id, { online, lastSeenAt: Date.now(), version: (states.get(id)?.version ?? 0) + 1 });
  const watchers = watchersOf.get(id);
  if (watchers === undefined) return;
  const encoded = record(id);
  if (flushMs > 0) {
    for (const watcher of watchers) {
      watcher.waiting.set(id, encoded);
      dirty.add(watcher);
    }
    return;
  }
  const bytes = Buffer.from(changes(encoded));
  for (const watcher of watchers) watcher.socket.send(bytes, AS_TEXT);
}

function flush(): void {
  for (const watcher of dirty) {
    watcher.socket.send(changes([...watcher.waiting.values()].join(',')));
    watcher.waiting.clear();
  }
  dirty.clear();
}

if (flushMs > 0) setInterval(flush, flushMs);

function accept(socket: WebSocket): void {
  const watcher: Watcher = { socket, waiting: new Map() };
  let user = '';
  let watched: string[] = [];
  socket.on('message', (data: Buffer) => {
    const frame: Frame = JSON.parse(data.toString('utf8'));
    switch (frame.type) {
      case 'hello':
        user = frame.token;
        socket.send(JSON.stringify({ type: 'welcome', seq: 1, session: user, user, now: Date.now(), epoch: '1', resumed: false }));
        return change(user, true);
      case 'watch':
        watched = frame.set;
        for (const id of watched) {
          const watchers = watchersOf.get(id) ?? new Set();
          watchersOf.set(id, watchers.add(watcher));
        }
        return socket.send(
          `{"type":"snapshot","seq":2,"at":${Date.now()},"begin":true,"end":true,"presences":[${watched.map(record).join(',')}]}`,
        );
      case 'show':
        return change(user, frame.shown);
      case 'get':
        return socket.send(
          `{"type":"presences","seq":3,"at":${Date.now()},"request":${JSON.stringify(frame.request)},"presences":[${frame.ids.map(record).join(',')}]}`,
        );
      case 'leave':
        return socket.close(1000);
    }
  });
  socket.on('close', () => {
    dirty.delete(watcher);
    for (const id of watched) watchersOf.get(id)?.delete(watcher);
    if (user !== '') change(user, false);
  });
}

const server = createServer();
const sockets = new WebSocketServer({ server, path: '/v1/ws', perMessageDeflate: false, handleProtocols: () => 'porchlight.v1' });
sockets.on('connection', accept);
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => console.log(`listening ${(server.address() as AddressInfo).port}`));
process.on('SIGTERM', () => process.exit(0));
