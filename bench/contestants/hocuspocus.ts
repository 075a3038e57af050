import { find, userAt, userId } from '../load/bench-user.ts';
import { clientFrame, upgradeRequest } from '../load/client-frame.ts';
import type { LoadConnection } from '../load/load-connection.ts';
import type { Contestant } from './contestant.ts';
import { peerServer } from './node-server.ts';

const UPGRADE = upgradeRequest('/');
const [AWARENESS, AUTH] = [1, 2];
const TOKEN = 0;
const AUTHENTICATED = 2;
/** A message begins with the length and the seven letters of the document's name, then its type. */
const TYPE_AT = 8;
const ONLINE = Buffer.from('"online":');
/** What a client that went away leaves behind. */
const NULL = Buffer.from('null');
const T = 't'.charCodeAt(0);

function number(value: number): number[] {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) | 0x80);
  }
}

const text = (value: string) => [...number(value.length), ...Buffer.from(value, 'latin1')];

const authenticate = (user: number) => clientFrame(Uint8Array.from([...text(userId(user)), AUTH, TOKEN, ...text('x')]));

/** A client's number is another for each connection, as with Yjs: the clocks of one that was here before are remembered. */
function awareness(user: number, client: number, clock: number, online: boolean): Buffer {
  const update = [1, ...number(client), ...number(clock), ...text(JSON.stringify({ online, lastSeenAt: Date.now() }))];
  return clientFrame(Uint8Array.from([...text(userId(user)), AWARENESS, ...number(update.length), ...update]));
}

function say(connection: LoadConnection, online: boolean): void {
  connection.send(awareness(connection.identity.user, connection.index + 1, ++connection.stage, online));
}

/** The answer to the token of the own document signs in; those of watched ones count, since the server lets few be under way. */
function readAuthenticated(connection: LoadConnection, document: number): void {
  if (document === connection.identity.user) {
    say(connection, true);
    return connection.signedIn();
  }
  const next = connection.frames.pop();
  if (next === undefined) connection.watching();
  else connection.send(next);
}

/** Hocuspocus with one document a user, whose awareness says whether the user is online. */
export const hocuspocus: Contestant = {
  name: 'Hocuspocus',
  kind: 'peer',
  lacks: 'one presence a user (awareness is by document and client), last seen, privacy, grace',
  spares: 'it passes on what clients say of themselves: no token verified, no record, no store',
  declines: (scenario, users) =>
    scenario === 'g' && users > 3_000
      ? 'each watch is a document with a token of its own, half a million, too long for the time of a row'
      : undefined,
  server: async () => peerServer('@hocuspocus/server', '../peers/hocuspocus/server.mjs'),
  wire: {
    framing: 'websocket',
    upgrade: () => UPGRADE,
    signIn(connection) {
      if (connection.identity.watchOnly) connection.signedIn();
      else connection.send(authenticate(connection.identity.user));
    },
    watch(connection, users) {
      connection.frames = users.map(authenticate);
      const first = connection.frames.pop();
      if (first === undefined) connection.watching();
      else connection.send(first);
    },
    flip: say,
    leave: (connection) => say(connection, false),
    read(connection, bytes, start, end) {
      const document = userAt(bytes, start + 2);
      const type = bytes[start + TYPE_AT];
      if (type === AWARENESS) {
        if (document === connection.identity.user) return;
        const at = find(bytes, ONLINE, start + TYPE_AT, end);
        if (at >= 0) connection.delivered(document, bytes[at + ONLINE.length] === T);
        else if (find(bytes, NULL, start + TYPE_AT, end) >= 0) connection.delivered(document, false);
      } else if (type === AUTH) {
        if (bytes[start + TYPE_AT + 1] !== AUTHENTICATED) return connection.fail('the token was refused');
        readAuthenticated(connection, document);
      }
    },
  },
};
