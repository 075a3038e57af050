import { find, ID_DIGITS, tokenOf, userAt, userId } from '../load/bench-user.ts';
import { clientFrame, upgradeRequest } from '../load/client-frame.ts';
import type { LoadConnection } from '../load/load-connection.ts';
import type { Wire } from './contestant.ts';

const UPGRADE = upgradeRequest('/v1/ws', { 'Sec-WebSocket-Protocol': 'porchlight.v1' });
const SHOW = clientFrame(JSON.stringify({ type: 'show', shown: true }));
const HIDE = clientFrame(JSON.stringify({ type: 'show', shown: false }));
const LEAVE = clientFrame(JSON.stringify({ type: 'leave' }));
const PONG = clientFrame(JSON.stringify({ type: 'pong' }));

const RECORD = Buffer.from('"id":"u');
const ONLINE = Buffer.from('"online":');
const END = Buffer.from('"end":true');
/** Frames are told apart by the two letters after `{"type":"`. */
const TYPE_AT = 9;
/** The members before the records fit in this; looking further for `"end"` would read every record. */
const HEAD_BYTES = 160;
const letters = (word: string) => (word.charCodeAt(0) << 8) | word.charCodeAt(1);
const [CHANGES, SNAPSHOT, WELCOME, PRESENCES] = [letters('ch'), letters('sn'), letters('we'), letters('pr')];
const [PING, ERROR, BYE] = [letters('pi'), letters('er'), letters('by')];
const T = 't'.charCodeAt(0);

/** Hands each record of a frame to the connection: the id's six digits and the letter after `"online":`. */
function readRecords(connection: LoadConnection, bytes: Buffer, start: number, end: number): void {
  let at = find(bytes, RECORD, start, end);
  while (at >= 0) {
    const idAt = at + RECORD.length;
    const onlineAt = find(bytes, ONLINE, idAt + ID_DIGITS, end) + ONLINE.length;
    connection.delivered(userAt(bytes, idAt), bytes[onlineAt] === T);
    at = find(bytes, RECORD, onlineAt, end);
  }
}

/**
 * The native protocol, also spoken by the bare `ws` floor, so that both are sent the same bytes. Every frame is known by its first
 * letters: welcome, snapshot, changes, presences, ping.
 */
export function nativeWire(options: { token: boolean }): Wire {
  return {
    framing: 'websocket',
    upgrade: () => UPGRADE,
    signIn(connection) {
      const { user, watchOnly } = connection.identity;
      const identity = options.token ? { token: tokenOf(user) } : { token: userId(user) };
      connection.send(clientFrame(JSON.stringify({ type: 'hello', ...identity, ...(watchOnly ? { watchOnly } : {}) })));
    },
    watch(connection, users) {
      connection.send(clientFrame(JSON.stringify({ type: 'watch', set: users.map(userId) })));
    },
    flip: (connection, online) => connection.send(online ? SHOW : HIDE),
    leave: (connection) => connection.send(LEAVE),
    query: (users) => clientFrame(JSON.stringify({ type: 'get', request: 'q', ids: users.map(userId) })),
    read(connection, bytes, start, end) {
      // Not a string: making one for each frame was a tenth of the load's time.
      switch ((bytes[start + TYPE_AT]! << 8) | bytes[start + TYPE_AT + 1]!) {
        case CHANGES:
          return readRecords(connection, bytes, start, end);
        case SNAPSHOT:
          if (find(bytes, END, start, Math.min(end, start + HEAD_BYTES)) >= 0) connection.watching();
          return;
        case WELCOME:
          return connection.signedIn();
        case PRESENCES:
          return connection.answered();
        case PING:
          return connection.send(PONG);
        case ERROR:
        case BYE:
          connection.fail(`the server said ${bytes.toString('latin1', start, Math.min(end, start + 300))}`);
      }
    },
  };
}
