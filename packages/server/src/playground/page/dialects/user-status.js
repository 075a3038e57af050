import { shortAgo } from '../times.js';
import { createSocket } from './socket.js';

/** An app whose users are numbers and who are told of everybody; it writes "5m ago" by itself. */
export function speakUserStatus(host) {
  let ids = [];
  let listed = false;
  const told = new Set();
  const self = /^\d{1,15}$/.test(host.id) ? Number(host.id) : host.id;

  const see = ({ userId, status, lastSeen }) => {
    told.add(String(userId));
    host.sees(String(userId), {
      online: status === 'online',
      tone: status,
      words: (now) => {
        if (status === 'online') return 'status: online';
        return lastSeen === null ? 'status: offline' : `status: offline · ${shortAgo(lastSeen, now)}`;
      },
    });
  };
  // Whoever is not in the list is not online; the dialect has no word to ask for when they were.
  const seeMissing = () => {
    for (const id of ids) if (!told.has(id)) see({ userId: id, status: 'offline', lastSeen: null });
  };

  const socket = createSocket(host, {
    dialect: 'user-status',
    hears: {
      userStatusChanged: see,
      onlineUsersList(list) {
        list.forEach(see);
        seeMissing();
        listed = true;
      },
    },
    linked: () => {
      listed = false;
      told.clear();
      socket.emit('userOnline', { userId: self, userType: 'guest', userName: host.name });
      socket.emit('getOnlineUsers');
    },
  });

  return {
    ...socket,
    rawHint: `{"userId":${JSON.stringify(self)}}`,
    rawEvent: 'userHeartbeat',
    meet(known) {
      const fresh = known.some((id) => !ids.includes(id));
      ids = known;
      if (fresh && listed) socket.emit('getOnlineUsers');
    },
    back: () => socket.emit('userHeartbeat', { userId: self }),
    hide: (hidden) => socket.emit(hidden ? 'userOffline' : 'userOnline', { userId: self }),
  };
}
