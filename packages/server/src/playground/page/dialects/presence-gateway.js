import { timeOf } from '../times.js';
import { createSocket } from './socket.js';

/** A NestJS gateway: requests with acknowledgements, and two broadcasts. */
export function speakPresenceGateway(host) {
  let ids = [];

  const see = ({ userId, online, lastSeen }) =>
    host.sees(String(userId), {
      online,
      tone: online ? 'online' : 'offline',
      words: () => (online ? 'online: true' : `online: false · lastSeen: ${timeOf(lastSeen)}`),
    });
  const check = () => {
    if (ids.length > 0) socket.ask('check-users-status', { userIds: ids }, () => {});
  };

  const socket = createSocket(host, {
    namespace: '/ws/messages',
    dialect: 'presence-gateway',
    hears: {
      'users-status': ({ statuses }) => statuses.forEach(see),
      'user-status': see,
      'user-online': see,
      'user-offline': see,
    },
    linked: check,
  });

  return {
    ...socket,
    rawHint: '{"userId":"alice"}',
    rawEvent: 'check-user-status',
    meet(known) {
      ids = known;
      check();
    },
    back: () => socket.ask('heartbeat', {}, () => {}),
  };
}
