/**
 * Presence as it is written by hand, again and again: a Map of sockets, a last-seen time, a broadcast to everyone. It believes the id
 * in the payload, calls a user offline when one of two tabs closes, forgets everything when it restarts, and tells everybody about
 * everybody. It is measured as people run it: Socket.IO and Express-like HTTP with their defaults.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';

const onlineUsers = new Map<string, { socketId: string; lastSeen: string }>();
const lastSeen = new Map<string, string>();
const heartbeats = new Map<string, { at: number; screen?: string }>();

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

function subjectOf(request: IncomingMessage): string {
  const token = (request.headers.authorization ?? '').split(' ')[1] ?? '';
  const claims: { sub?: string } = JSON.parse(Buffer.from(token.split('.')[1] ?? 'e30', 'base64url').toString('utf8'));
  return claims.sub ?? '';
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/api/update-online-status') {
    response.writeHead(404).end();
    return;
  }
  const body: { screen?: string } = JSON.parse((await readBody(request)) || '{}');
  heartbeats.set(subjectOf(request), { at: Date.now(), ...body });
  const text = JSON.stringify({ success: true });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(500).end());
});
const io = new Server(server);

function broadcast(sessionId: string, isOnline: boolean): void {
  const timestamp = new Date().toISOString();
  lastSeen.set(sessionId, timestamp);
  io.emit('presence:update', { sessionId, fromUserId: sessionId, isOnline, lastSeen: timestamp, timestamp });
}

io.on('connection', (socket: Socket) => {
  let user = '';
  const offline = () => {
    if (onlineUsers.delete(user)) broadcast(user, false);
  };
  socket.on('register_session', ({ sessionId }: { sessionId: string }) => {
    user = sessionId;
    onlineUsers.set(user, { socketId: socket.id, lastSeen: new Date().toISOString() });
    socket.emit('session_registered', { sessionId, timestamp: new Date().toISOString(), success: true });
    broadcast(user, true);
  });
  socket.on('presence:request', ({ contactIds }: { contactIds: string[] }) => {
    const timestamp = new Date().toISOString();
    const contacts = contactIds.map((sessionId) => ({
      sessionId,
      isOnline: onlineUsers.has(sessionId),
      lastSeen: lastSeen.get(sessionId) ?? null,
      timestamp,
    }));
    socket.emit('presence:request', { contacts, timestamp });
  });
  socket.on('presence:update', ({ isOnline }: { isOnline: boolean }) => broadcast(user, isOnline));
  socket.on('check-users-status', ({ userIds }: { userIds: string[] }, ack: (reply: object) => void) => {
    const statuses = userIds.map((userId) => ({ userId, online: onlineUsers.has(userId), lastSeen: lastSeen.get(userId) ?? null }));
    ack({ event: 'users-status', data: { statuses, timestamp: new Date().toISOString() } });
  });
  socket.on('session:leaving', offline);
  socket.on('disconnect', offline);
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => console.log(`listening ${(server.address() as AddressInfo).port}`));
process.on('SIGTERM', () => process.exit(0));
