import { find, ID_DIGITS, tokenOf, userAt, userId } from '../load/bench-user.ts';
import { clientFrame, upgradeRequest } from '../load/client-frame.ts';
import type { LoadConnection } from '../load/load-connection.ts';
import type { Wire } from './contestant.ts';

const UPGRADE = upgradeRequest('/socket.io/?EIO=4&transport=websocket');
const PONG = clientFrame('3');

const SESSION = Buffer.from('"sessionId":"u');
const ONLINE = Buffer.from('"isOnline":');
const code = (letter: string) => letter.charCodeAt(0);
const [OPEN, PING, MESSAGE] = [code('0'), code('2'), code('4')];
const [CONNECT, EVENT, ACK, CONNECT_ERROR] = [code('0'), code('2'), code('3'), code('4')];
const [P, S, T, U] = [code('p'), code('s'), code('t'), code('u')];
/** Where the event's name begins in `42["presence:update",…`, and where its second word does. */
const NAME_AT = 4;
const WORD_AT = 13;

const emit = (event: string, payload: object, ack = '') => clientFrame(`42${ack}${JSON.stringify([event, payload])}`);

const update = (user: number, isOnline: boolean) => emit('presence:update', { fromUserId: userId(user), isOnline, toUserIds: [] });

function readUpdate(connection: LoadConnection, bytes: Buffer, start: number, end: number): void {
  const idAt = find(bytes, SESSION, start, end) + SESSION.length;
  const onlineAt = find(bytes, ONLINE, idAt + ID_DIGITS, end) + ONLINE.length;
  connection.delivered(userAt(bytes, idAt), bytes[onlineAt] === T);
}

function readPacket(connection: LoadConnection, bytes: Buffer, start: number, end: number, registersAll: boolean): void {
  switch (bytes[start + 1]) {
    case EVENT:
      if (bytes[start + NAME_AT] === P && bytes[start + WORD_AT] === U) return readUpdate(connection, bytes, start, end);
      if (bytes[start + NAME_AT] === P) return connection.watching();
      if (bytes[start + NAME_AT] === S && connection.stage === 0) {
        connection.stage = 1;
        connection.signedIn();
      }
      return;
    case CONNECT:
      // Somebody who only watches need not be shown; with a token the server knows who it is anyway.
      if (connection.identity.watchOnly && !registersAll) return connection.signedIn();
      return connection.send(emit('register_session', { sessionId: userId(connection.identity.user) }));
    case ACK:
      return connection.answered();
    case CONNECT_ERROR:
      return connection.fail(`connecting was refused: ${bytes.toString('latin1', start, end)}`);
  }
}

/** The words of the `smart-presence` dialect over Socket.IO's WebSocket transport; also those of the bare floor and the naive server. */
export function socketioWire(options: { token: boolean }): Wire {
  return {
    framing: 'websocket',
    upgrade: () => UPGRADE,
    // The engine speaks first; the dialogue goes on in `read`.
    signIn() {},
    watch(connection, users) {
      connection.send(emit('presence:request', { requesterId: userId(connection.identity.user), contactIds: users.map(userId) }));
    },
    flip(connection, online) {
      if (connection.frames.length === 0) connection.frames = [false, true].map((isOnline) => update(connection.identity.user, isOnline));
      connection.send(connection.frames[online ? 1 : 0]!);
    },
    leave: (connection) => connection.send(emit('session:leaving', { sessionId: userId(connection.identity.user), reason: 'left' })),
    query: (users) => emit('check-users-status', { userIds: users.map(userId) }, '1'),
    read(connection, bytes, start, end) {
      switch (bytes[start]) {
        case MESSAGE:
          return readPacket(connection, bytes, start, end, options.token);
        case PING:
          return connection.send(PONG);
        case OPEN:
          return connection.send(clientFrame(`40${options.token ? JSON.stringify({ token: tokenOf(connection.identity.user) }) : ''}`));
      }
    },
  };
}
