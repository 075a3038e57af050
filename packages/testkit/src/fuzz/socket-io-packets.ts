import type { Dialect } from '@porchlight/server';
import type { Random } from '../random.ts';
import { encodeFrame, OPCODES, textFrame, upgradeRequest } from '../raw-websocket.ts';
import { bytesToText, type Conversation, type Step, wireText } from './conversation.ts';
import { type Persona, persona, type Vocabulary } from './grammar.ts';
import { schemaOf, valueFor } from './schema-value.ts';
import { mutatedJson, mutatedText, nastyJson, nastyText } from './values.ts';

/*
 * What Socket.IO cannot parse ends the connection, so four in five clients are civil: all that they send can be parsed, however little
 * it means. The others are rough.
 */

/** What the server says when a client is connected to the transport, and to a namespace or not. */
const OPENED = '0\\{"sid"';
const CONNECTED = '4[04][/{]';

/** Engine.IO's separator of the packets in one body. */
const SEPARATOR = '\u001e';

/** Namespaces that clients connect to: those of the dialects, and some that nobody serves. */
function namespaceOf(dialects: readonly Dialect[], random: Random): string {
  const served = [...new Set(dialects.flatMap(({ namespace }) => (namespace === null ? [] : [namespace])))];
  return random.chance(0.93)
    ? random.pick(served)
    : random.pick(['/admin', '/__proto__', '/ws/messages?a=1', '//', '/\u0000', `/${'n'.repeat(500)}`]);
}

const prefixOf = (namespace: string) => (namespace === '/' ? '' : `${namespace},`);

function connectPacket(namespace: string, { token, user }: Persona, dialects: readonly Dialect[], random: Random): string {
  const named = random.chance(0.3) ? { dialect: random.pick(dialects).name } : null;
  const auth = {
    token,
    ...named,
    ...(random.chance(0.1) ? { userId: user } : null),
    ...(random.chance(0.1) ? { connectFirst: true } : null),
  };
  const among = random.next();
  const text = among < 0.9 ? JSON.stringify(auth) : among < 0.96 ? mutatedJson(auth, random) : '';
  return `40${prefixOf(namespace)}${text}`;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Payloads as the text of JSON: what the event reads, the same with something about it broken, or something else. */
function payloadText(payload: unknown, random: Random): string {
  const among = random.next();
  if (among < 0.55) return JSON.stringify(payload);
  if (among < 0.8) return mutatedJson(payload, random);
  if (among < 0.95) return nastyJson(random);
  return [JSON.stringify(payload), nastyJson(random), nastyJson(random)].join(',');
}

/** An event of one of the namespace's dialects. */
function eventPacket(namespace: string, self: string, dialects: readonly Dialect[], random: Random, isRough: boolean): string {
  const spoken = dialects.filter((dialect) => dialect.namespace === namespace || random.chance(0.05));
  const dialect = random.pick(spoken.length > 0 ? spoken : dialects);
  const events = Object.entries(dialect.hears);
  const heard = events.length > 0 && random.chance(0.95) ? random.pick(events) : undefined;
  const reserved = isRough && random.chance(0.2) ? ['connect', 'disconnect', 'connect_error', 'newListener'] : [];
  const event = heard?.[0] ?? random.pick(['message', 'error', '__proto__', 'toString', '', nastyText(random), ...reserved]);
  const payload = heard === undefined ? {} : valueFor(schemaOf(heard[1].reads), random, self);
  const acknowledge = random.chance(0.3)
    ? random.pick(isRough && random.chance(0.1) ? ['-1', '99999999999999999999'] : ['0', '1', '77'])
    : '';
  const made = payloadText(payload, random);
  const text = isRough || parses(`[${made}]`) ? made : JSON.stringify(payload);
  const packet = `2${prefixOf(namespace)}${acknowledge}[${JSON.stringify(event)}${random.chance(0.95) ? `,${text}` : ''}]`;
  return `4${packet}`;
}

/** Packets that are no events: acknowledgements, binary events, errors, and those of Engine.IO itself. */
function oddPacket(namespace: string, random: Random): string {
  const prefix = prefixOf(namespace);
  return random.pick([
    () => `41${prefix}`,
    () => `43${prefix}${random.below(5)}[${nastyJson(random)}]`,
    () => `44${prefix}${nastyJson(random)}`,
    () => `45${random.pick(['1', '0', '-1', '999999999', ''])}-${prefix}["message",{"_placeholder":true,"num":${random.below(3)}}]`,
    () => `461-${prefix}${random.below(9)}[{"_placeholder":true,"num":0}]`,
    () => `4${random.pick(['7', '9', 'a', ''])}${prefix}[]`,
    () => random.pick(['1', '2', '2probe', '3', '3probe', '5', '6', '7', '', '0{}', `4${'9'.repeat(400)}`]),
    () => `b${Buffer.from(nastyText(random)).toString('base64')}`,
    () => `42${nastyText(random)}`,
  ])();
}

/** The packets of one client: it connects to a namespace or two, and talks. */
function packetsOf(vocabulary: Vocabulary, random: Random): string[] {
  const { dialects } = vocabulary;
  const isRough = random.chance(0.2);
  const someone = persona(vocabulary, random);
  const namespaces = [namespaceOf(dialects, random)];
  if (random.chance(0.2)) namespaces.push(namespaceOf(dialects, random));
  const packets = namespaces.map((namespace) => connectPacket(namespace, someone, dialects, random));
  for (let count = 2 + random.below(40); count > 0; count -= 1) {
    const namespace = random.pick(namespaces);
    const isOdd = isRough && random.chance(0.1);
    const packet = isOdd ? oddPacket(namespace, random) : eventPacket(namespace, someone.user, dialects, random, isRough);
    packets.push(isRough && random.chance(0.05) ? mutatedText(packet, random) : packet);
  }
  return packets;
}

const protocolOf = (random: Random) => (random.chance(0.97) ? '4' : random.pick(['3', '5', '', 'x']));

export function socketIoConversation(vocabulary: Vocabulary, random: Random, index: number): Conversation {
  const protocol = protocolOf(random);
  const opening = upgradeRequest(`/socket.io/?EIO=${protocol}&transport=websocket`);
  const steps: Step[] = [
    { on: 0, send: opening, inputs: 0 },
    { on: 0, await: OPENED },
  ];
  for (const packet of packetsOf(vocabulary, random)) {
    const frame = random.chance(0.995) ? textFrame(packet) : encodeFrame({ opcode: OPCODES.binary, payload: Buffer.from(packet) });
    steps.push({ on: 0, send: bytesToText(frame) });
    if (packet.startsWith('40')) steps.push({ on: 0, await: CONNECTED });
  }
  if (random.chance(0.05)) steps.splice(3, 0, { on: 0, stopReading: true });
  if (random.chance(0.3)) steps.push({ on: 0, end: random.chance(0.5) ? 'reset' : 'finish' });
  return { surface: 'socket-io', index, steps, ...(protocol === '4' && { answered: true }) };
}

function post(query: string, body: string): string {
  return `POST /socket.io/?${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const poll = (query: string) => `GET /socket.io/?${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

/** Long polling: posts on one connection, polls on another, now and then an upgrade on a third, and all of it the wrong way as well. */
export function engineIoConversation(vocabulary: Vocabulary, random: Random, index: number): Conversation {
  const protocol = protocolOf(random);
  const steps: Step[] = [
    { on: 0, send: poll(`EIO=${protocol}&transport=polling`) },
    { on: 0, await: true },
  ];
  const session = `EIO=4&transport=polling&sid={sid}`;
  const query = () =>
    random.chance(0.97)
      ? session
      : random.pick([
          'EIO=4&transport=polling',
          `${session}&j=0`,
          `${session}x`,
          'EIO=4&transport=webtransport&sid={sid}',
          'transport=polling&sid=__proto__',
        ]);
  const packets = packetsOf(vocabulary, random);
  const connects = packets.filter((packet) => packet.startsWith('40'));
  steps.push({ on: 0, send: post(session, wireText(connects.join(SEPARATOR))), inputs: connects.length });
  packets.splice(0, connects.length);
  for (let polls = connects.length; polls > 0; polls -= 1) steps.push({ on: 1, send: poll(session) }, { on: 1, await: CONNECTED });
  while (packets.length > 0) {
    const body = packets.splice(0, 1 + random.below(4)).join(SEPARATOR);
    const sent = wireText(random.chance(0.98) ? body : mutatedText(body, random));
    steps.push({ on: 0, send: post(query(), sent), inputs: sent.split(SEPARATOR).length });
    if (random.chance(0.4)) steps.push({ on: 0, await: true });
    if (random.chance(0.4)) steps.push({ on: 1, send: poll(query()) });
  }
  if (random.chance(0.2)) {
    steps.push({ on: 2, send: upgradeRequest('/socket.io/?EIO=4&transport=websocket&sid={sid}') }, { on: 2, await: true });
    for (const packet of ['2probe', '5', eventPacket('/', '1', vocabulary.dialects, random, true)])
      steps.push({ on: 2, send: bytesToText(textFrame(random.chance(0.85) ? packet : mutatedText(packet, random))) });
  }
  if (random.chance(0.3)) steps.push({ on: 0, end: random.chance(0.5) ? 'reset' : 'finish' });
  return { surface: 'engine-io', index, steps, answered: true };
}
