import { ask } from '../server.js';
import { createSocket } from './socket.js';

/** Phrases such as "Active 3 minutes ago" grow old by themselves, so an app asks again. */
const REFRESH_MS = 30_000;

/** A web app that is told whole phrases. */
export function speakUserPresence(host) {
  let ids = [];
  let timer;
  /** How often each was heard of without asking. */
  const updates = new Map();

  const see = (id, { is_online, status }) =>
    host.sees(id, { online: is_online, tone: is_online ? 'online' : toneOf(status), words: () => `“${status}”` });
  const lookUp = async (id, quiet) => {
    const before = updates.get(id);
    try {
      const answer = await ask(host, 'GET', `/api/user-presence/${encodeURIComponent(id)}`, { quiet });
      // What came over the socket meanwhile is newer than this answer.
      if (updates.get(id) === before) see(id, answer);
    } catch (error) {
      if (error.code !== undefined) host.refused(error.code, error.message);
    }
  };
  const lookUpAll = (quiet) => {
    for (const id of ids) void lookUp(id, quiet);
  };

  const socket = createSocket(host, {
    dialect: 'user-presence',
    hears: {
      user_presence_update(update) {
        const id = String(update.user_id);
        updates.set(id, (updates.get(id) ?? 0) + 1);
        see(id, update);
      },
    },
    linked: () => {
      socket.emit('user_activity', {});
      lookUpAll(false);
      clearInterval(timer);
      timer = setInterval(() => lookUpAll(true), REFRESH_MS);
    },
  });

  return {
    ...socket,
    rawHint: '{}',
    rawEvent: 'user_activity',
    cut() {
      clearInterval(timer);
      socket.cut();
    },
    leave() {
      clearInterval(timer);
      socket.leave();
    },
    meet(known) {
      const fresh = known.filter((id) => !ids.includes(id));
      ids = known;
      if (host.isHere()) for (const id of fresh) void lookUp(id, false);
    },
    back: () => socket.emit('user_activity', {}),
  };
}

// "Last seen …" is also said of somebody whose page is open but who has not touched it for a while; the phrase does not tell which.
function toneOf(status) {
  return status.startsWith('Active') ? 'away' : 'offline';
}
