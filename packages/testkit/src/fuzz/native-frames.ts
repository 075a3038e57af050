import { NATIVE_PATH, SUBPROTOCOL } from '@porchlight/protocol';
import { native } from '@porchlight/server';
import type { Random } from '../random.ts';
import { encodeFrame, OPCODES, textFrame, upgradeRequest } from '../raw-websocket.ts';
import { bytesToText, type Conversation, type Step } from './conversation.ts';
import { persona, type Vocabulary } from './grammar.ts';
import { schemaOf, valueFor } from './schema-value.ts';
import { mutatedJson, mutatedText, nastyJson, nastyText } from './values.ts';

const HELLO_FIELDS = {
  client: { platform: 'web', appVersion: '1.2', device: 'Phone', screen: 'Home' },
  deviceId: 'device',
  resume: { session: 'nobody', seq: 3 },
  watchOnly: true,
} as const;

function hello(token: string, random: Random): unknown {
  const chosen = Object.entries(HELLO_FIELDS).filter(() => random.chance(0.3));
  return { type: 'hello', token, ...Object.fromEntries(chosen) };
}

/** A frame of any type that the protocol has, or of none. */
function frame(self: string, token: string, random: Random): string {
  const [type, heard] = random.pick(Object.entries(native.hears));
  // Those end the connection, and with it what could still be tried on it.
  const chosen = (type === 'leave' || type === 'closing') && random.chance(0.8) ? 'pong' : type;
  const payload = valueFor(schemaOf(heard.reads), random, self);
  const fields = typeof payload === 'object' && payload !== null ? payload : {};
  const value = {
    ...fields,
    type: random.chance(0.97) ? chosen : nastyText(random),
    ...(chosen === 'token' && random.chance(0.5) && { token }),
  };
  const among = random.next();
  const text = among < 0.55 ? JSON.stringify(value) : among < 0.85 ? mutatedJson(value, random) : nastyJson(random);
  return random.chance(0.95) ? text : mutatedText(text, random);
}

export function nativeConversation(vocabulary: Vocabulary, random: Random, index: number): Conversation {
  const { user, token } = persona(vocabulary, random);
  const opening = upgradeRequest(NATIVE_PATH, { 'Sec-WebSocket-Protocol': SUBPROTOCOL });
  const steps: Step[] = [
    { on: 0, send: opening, inputs: 0 },
    { on: 0, await: true },
  ];
  const greeting = hello(token, random);
  const text = random.chance(0.9) ? JSON.stringify(greeting) : mutatedJson(greeting, random);
  steps.push({ on: 0, send: bytesToText(textFrame(text)) });
  if (random.chance(0.7)) steps.push({ on: 0, await: '"type":"(welcome|error)"' });
  if (random.chance(0.05)) steps.push({ on: 0, stopReading: true });
  for (let count = 2 + random.below(60); count > 0; count -= 1) {
    const payload = Buffer.from(frame(user, token, random));
    const opcode = random.chance(0.98) ? OPCODES.text : OPCODES.binary;
    steps.push({ on: 0, send: bytesToText(encodeFrame({ opcode, payload })) });
  }
  if (random.chance(0.3)) steps.push({ on: 0, end: random.chance(0.5) ? 'reset' : 'finish' });
  return { surface: 'native', index, steps, answered: true };
}
