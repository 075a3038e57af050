import { find, ID_DIGITS, userAt, userId } from '../load/bench-user.ts';
import { clientFrame, upgradeRequest } from '../load/client-frame.ts';
import type { LoadConnection } from '../load/load-connection.ts';
import type { Contestant } from './contestant.ts';
import { peerServer } from './node-server.ts';

const UPGRADE = upgradeRequest('/socketcluster/');
const HANDSHAKE_ID = 1;
const PONG = clientFrame('');
const PUBLISHED = Buffer.from('"#publish","data":{"channel":"u');
const ANSWERED = Buffer.from('"rid":');
const ONLINE = Buffer.from('"online":');
const T = 't'.charCodeAt(0);

const call = (event: string, data: object, cid?: number) => clientFrame(JSON.stringify({ event, data, cid }));

const publish = (user: number, online: boolean) => {
  const now = Date.now();
  const record = { id: userId(user), online, status: online ? 'online' : 'offline', lastSeenAt: now, version: 1 };
  return call('#publish', { channel: userId(user), data: record });
};

/** The answer to the handshake has id 1, those to the subscriptions follow; the last one confirms the watch. */
function readAnswer(connection: LoadConnection, bytes: Buffer, at: number, end: number): void {
  const answerTo = Number.parseInt(bytes.toString('latin1', at + ANSWERED.length, end), 10);
  if (answerTo === HANDSHAKE_ID) {
    const { user, watchOnly } = connection.identity;
    if (!watchOnly) connection.send(publish(user, true));
    connection.signedIn();
  } else if (--connection.pending === 0) connection.watching();
}

/** SocketCluster with one channel a user, carrying the same record as the native protocol. */
export const socketcluster: Contestant = {
  name: 'SocketCluster',
  kind: 'peer',
  lacks: 'who is online (it only carries what clients publish; nobody hears of a crash), last seen, snapshots, privacy, grace',
  spares: 'it passes on what clients publish and knows nothing of presence: no token, no snapshot, no store',
  server: async () => peerServer('socketcluster-server', '../peers/socketcluster/server.mjs'),
  wire: {
    framing: 'websocket',
    upgrade: () => UPGRADE,
    signIn: (connection) => connection.send(call('#handshake', { authToken: null }, HANDSHAKE_ID)),
    watch(connection, users) {
      connection.pending = users.length;
      const calls = users.map((user, index) => call('#subscribe', { channel: userId(user) }, HANDSHAKE_ID + 1 + index));
      connection.send(Buffer.concat(calls));
    },
    flip(connection, online) {
      const { user } = connection.identity;
      if (connection.frames.length === 0) connection.frames = [publish(user, false), publish(user, true)];
      connection.send(connection.frames[online ? 1 : 0]!);
    },
    leave: (connection) => connection.send(publish(connection.identity.user, false)),
    read(connection, bytes, start, end) {
      if (start === end) return connection.send(PONG);
      const at = find(bytes, PUBLISHED, start, end);
      if (at >= 0) {
        const idAt = at + PUBLISHED.length;
        const onlineAt = find(bytes, ONLINE, idAt + ID_DIGITS, end) + ONLINE.length;
        return connection.delivered(userAt(bytes, idAt), bytes[onlineAt] === T);
      }
      const answeredAt = find(bytes, ANSWERED, start, end);
      if (answeredAt >= 0) readAnswer(connection, bytes, answeredAt, end);
    },
  },
};
