import { NATIVE_PATH, SUBPROTOCOL } from '@porchlight/protocol';
import type { Random } from '../random.ts';
import { encodeFrame, type Frame, textFrame, upgradeRequest } from '../raw-websocket.ts';
import { bytesToText, type Conversation, type Step } from './conversation.ts';
import { persona, type Vocabulary } from './grammar.ts';
import { mutatedText, nastyText } from './values.ts';

const PAYLOADS: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('{"type":"pong"}'),
  Buffer.from('2'),
  Buffer.from([0xff, 0xfe, 0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xe2, 0x82]),
  Buffer.alloc(125, 0x61),
  Buffer.alloc(126, 0x61),
  Buffer.alloc(65_536, 0x61),
  Buffer.alloc(65_537, 0x61),
  Buffer.from([0x03, 0xe8]),
  Buffer.from([0x03, 0xed]),
  Buffer.from([0x0f, 0xa0, 0xff]),
  Buffer.from([0x03]),
  Buffer.from([0xff, 0xff, 0x41]),
];

const HANDSHAKES: readonly Readonly<Record<string, string>>[] = [
  { 'Sec-WebSocket-Version': '8' },
  { 'Sec-WebSocket-Key': '' },
  { 'Sec-WebSocket-Protocol': 'other' },
  { 'Sec-WebSocket-Protocol': `${SUBPROTOCOL}, ${SUBPROTOCOL}` },
  { 'Sec-WebSocket-Protocol': ',' },
  { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits=99' },
  { 'Sec-WebSocket-Extensions': 'permessage-deflate; a="' },
  { Upgrade: 'Websocket, h2c' },
  { Origin: 'http://evil.example' },
  { Connection: 'close' },
  { 'Content-Length': '5' },
  { 'Transfer-Encoding': 'chunked' },
];

function rawFrame(random: Random): Frame {
  const opcode = random.chance(0.6) ? random.pick([0, 1, 2, 8, 9, 10]) : random.below(16);
  const payload = random.chance(0.8) ? random.pick(PAYLOADS) : Buffer.from(nastyText(random));
  const odd = () => random.chance(0.08);
  return {
    // A close ends it, so there are fewer.
    opcode: opcode === 8 && random.chance(0.7) ? 9 : opcode,
    payload: opcode >= 8 && random.chance(0.8) ? payload.subarray(0, 125) : payload,
    isFinal: !random.chance(0.15),
    ...(odd() && { reserved: random.below(8) }),
    ...(odd() && { isMasked: false }),
    ...(odd() && { lengthBits: random.pick([7, 16, 64] as const) }),
    ...(odd() && { toldLength: random.pick([0, 1, 127, 65_535, 2 ** 31, 2 ** 53, random.below(200)]) }),
    mask: random.below(2 ** 32),
  };
}

/** One text in many pieces, with what may stand between them. */
function fragments(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length || pieces.length === 0; ) {
    const end = Math.min(bytes.length, at + 1 + random.below(9));
    pieces.push(encodeFrame({ opcode: at === 0 ? 1 : 0, payload: bytes.subarray(at, end), isFinal: end >= bytes.length }));
    if (random.chance(0.1)) pieces.push(encodeFrame({ opcode: 9, payload: Buffer.from('between') }));
    at = Math.max(end, 1);
  }
  return Buffer.concat(pieces);
}

/** Frames that no library writes, on both WebSockets that the server has. */
export function websocketConversation(vocabulary: Vocabulary, random: Random, index: number): Conversation {
  const isNative = random.chance(0.6);
  const path = isNative ? NATIVE_PATH : '/socket.io/?EIO=4&transport=websocket';
  const isBroken = random.chance(0.1);
  const request = upgradeRequest(path, {
    ...(isNative ? { 'Sec-WebSocket-Protocol': SUBPROTOCOL } : null),
    ...(isBroken ? random.pick(HANDSHAKES) : null),
  });
  const isMutated = isBroken && random.chance(0.5);
  const steps: Step[] = [{ on: 0, send: isMutated ? mutatedText(request, random) : request, inputs: isBroken ? 1 : 0 }];
  if (random.chance(0.8)) steps.push({ on: 0, await: true });
  const { token } = persona(vocabulary, random);
  const greeting = isNative ? JSON.stringify({ type: 'hello', token }) : `40${JSON.stringify({ token })}`;
  if (random.chance(0.7)) steps.push({ on: 0, send: bytesToText(random.chance(0.5) ? textFrame(greeting) : fragments(greeting, random)) });
  for (let count = 1 + random.below(12); count > 0; count -= 1) {
    const bytes = bytesToText(random.chance(0.1) ? fragments(nastyText(random), random) : encodeFrame(rawFrame(random)));
    steps.push({ on: 0, send: random.chance(0.9) ? bytes : mutatedText(bytes, random) });
  }
  if (random.chance(0.3)) steps.push({ on: 0, end: random.chance(0.5) ? 'reset' : 'finish' });
  return { surface: 'websocket-frames', index, steps, ...(!isBroken && { answered: true }) };
}
