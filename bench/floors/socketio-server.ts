/**
 * The floor of Socket.IO: the least that a server must do to send the `smart-presence` words to those who asked for a user, with one
 * room a user. It believes every id and hides nobody. Also answers the batch query of `presence-gateway` with an ack.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';

const server = createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });
const states = new Map<string, { online: boolean; lastSeen: string }>();

function change(id: string, online: boolean): void {
  const now = new Date().toISOString();
  states.set(id, { online, lastSeen: now });
  io.to(id).emit('presence:update', { sessionId: id, fromUserId: id, isOnline: online, lastSeen: now, timestamp: now });
}

io.on('connection', (socket: Socket) => {
  let user = '';
  socket.on('register_session', ({ sessionId }: { sessionId: string }) => {
    user = sessionId;
    change(user, true);
    socket.emit('session_registered', { sessionId, timestamp: new Date().toISOString(), success: true });
  });
  socket.on('presence:request', ({ contactIds }: { contactIds: string[] }) => {
    socket.join(contactIds);
    const timestamp = new Date().toISOString();
    const contacts = contactIds.map((id) => {
      const state = states.get(id);
      return { sessionId: id, isOnline: state?.online ?? false, lastSeen: state?.lastSeen ?? null, timestamp };
    });
    socket.emit('presence:request', { contacts, timestamp });
  });
  socket.on('presence:update', ({ isOnline }: { isOnline: boolean }) => change(user, isOnline));
  socket.on('check-users-status', ({ userIds }: { userIds: string[] }, ack: (answer: object) => void) => {
    const statuses = userIds.map((userId) => {
      const state = states.get(userId);
      return { userId, online: state?.online ?? false, lastSeen: state?.lastSeen ?? null };
    });
    ack({ event: 'users-status', data: { statuses, timestamp: new Date().toISOString() } });
  });
  socket.on('session:leaving', () => socket.disconnect());
  socket.on('disconnect', () => {
    if (user !== '') change(user, false);
  });
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => console.log(`listening ${(server.address() as AddressInfo).port}`));
process.on('SIGTERM', () => process.exit(0));
