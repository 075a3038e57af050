import { ID_DIGITS, userAt, userId } from '../load/bench-user.ts';
import type { Wire } from './contestant.ts';

const TOPIC = 'presence/';
const [CONNECT, CONNACK, PUBLISH, PUBLISH_RETAINED, SUBSCRIBE, SUBACK, DISCONNECT] = [0x10, 0x20, 0x30, 0x31, 0x82, 0x90, 0xe0];
const PROTOCOL_311 = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4]);
const CLEAN_SESSION = 0x02;
const WILL_RETAINED = 0x24;
const KEEP_ALIVE_OFF = Buffer.from([0, 0]);
const [ONE, ZERO] = [0x31, 0x30];

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(kind: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; left > 0 || length.length === 0; left >>= 7) length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
  return Buffer.concat([Buffer.from([kind, ...length]), body]);
}

const publish = (user: number, online: boolean) =>
  packet(PUBLISH_RETAINED, text(`${TOPIC}${userId(user)}`), Buffer.from([online ? ONE : ZERO]));

function subscribe(users: readonly number[]): Buffer {
  const topics = users.map((user) => Buffer.concat([text(`${TOPIC}${userId(user)}`), Buffer.from([0])]));
  return packet(SUBSCRIBE, Buffer.from([0, 1]), ...topics);
}

/** How many ids each question names; one load process asks questions of one size. */
let idsAsked = 0;

/**
 * Presence over MQTT 3.1.1 as it is usually made: a retained topic a user holding `1` or `0`, and a last will of `0`. A delivery is a
 * PUBLISH without the retain flag; those with it are the snapshot after subscribing. Asking once is subscribing again, which has the
 * retained messages sent once more; an answer is whole when all of them are there, and they come in the order of asking.
 */
export const mqttWire: Wire = {
  framing: 'mqtt',
  signIn(connection) {
    const { user, watchOnly } = connection.identity;
    const will = watchOnly ? [] : [text(`${TOPIC}${userId(user)}`), text('0')];
    const flags = Buffer.from([CLEAN_SESSION | (watchOnly ? 0 : WILL_RETAINED)]);
    connection.send(packet(CONNECT, PROTOCOL_311, flags, KEEP_ALIVE_OFF, text(userId(user)), ...will));
  },
  watch(connection, users) {
    connection.send(subscribe(users));
  },
  flip(connection, online) {
    const { user } = connection.identity;
    if (connection.frames.length === 0) connection.frames = [publish(user, false), publish(user, true)];
    connection.send(connection.frames[online ? 1 : 0]!);
  },
  leave: (connection) => connection.send(Buffer.concat([publish(connection.identity.user, false), packet(DISCONNECT)])),
  query(users) {
    idsAsked = users.length;
    return subscribe(users);
  },
  read(connection, bytes, start, end, kind) {
    if (kind === PUBLISH_RETAINED && idsAsked > 0 && ++connection.stage === idsAsked) {
      connection.stage = 0;
      return connection.answered();
    }
    if (kind === PUBLISH) return connection.delivered(userAt(bytes, end - 1 - ID_DIGITS), bytes[end - 1] === ONE);
    if (kind === SUBACK) return connection.watching();
    if (kind !== CONNACK) return;
    if (bytes[start + 1] !== 0) return connection.fail(`CONNECT was refused with ${bytes[start + 1]}`);
    if (!connection.identity.watchOnly) connection.send(publish(connection.identity.user, true));
    connection.signedIn();
  },
};
