import { timeOf } from '../times.js';
import { createSocket } from './socket.js';

/** A chat app with a contact list; its users are called sessions. */
export function speakSmartPresence(host) {
  let ids = [];

  const see = ({ sessionId, isOnline, lastSeen }) =>
    host.sees(String(sessionId), {
      online: isOnline,
      tone: isOnline ? 'online' : 'offline',
      words: () => (isOnline ? 'isOnline: true' : `isOnline: false · lastSeen: ${timeOf(lastSeen)}`),
    });
  const typed = ({ fromUserId, isTyping }) => host.typed(String(fromUserId), isTyping);

  const socket = createSocket(host, {
    dialect: 'smart-presence',
    hears: {
      'presence:request': ({ contacts }) => contacts.forEach(see),
      'presence:update': see,
      'typing:update': typed,
      'typing:status_update': typed,
    },
    linked: () => {
      socket.emit('register_session', { sessionId: host.id });
      if (ids.length > 0) socket.emit('presence:request', { requesterId: host.id, contactIds: ids });
    },
  });

  return {
    ...socket,
    rawHint: '{"contactIds":["alice"]}',
    rawEvent: 'presence:request',
    leave() {
      socket.emit('session:leaving', { sessionId: host.id, reason: 'user_logout' });
      socket.leave();
    },
    meet(known) {
      ids = known;
      if (ids.length > 0) socket.emit('presence:request', { requesterId: host.id, contactIds: ids });
    },
    back: () => socket.emit('client:heartbeat', { sessionId: host.id, timestamp: new Date().toISOString() }),
    hide: (hidden) => socket.emit('presence:update', { fromUserId: host.id, isOnline: !hidden, toUserIds: ids }),
    typing: (to, isTyping) =>
      socket.emit('typing:update', { fromUserId: host.id, recipientId: to, conversationId: [host.id, to].sort().join(':'), isTyping }),
  };
}
