import { createRandom, type Random } from '../random.ts';
import type { Conversation, Surface } from './conversation.ts';
import type { Vocabulary } from './grammar.ts';
import { httpConversation } from './http-requests.ts';
import { nativeConversation } from './native-frames.ts';
import { engineIoConversation, socketIoConversation } from './socket-io-packets.ts';
import { tokenConversation } from './tokens.ts';
import { websocketConversation } from './websocket-frames.ts';

type Generate = (vocabulary: Vocabulary, random: Random, index: number) => Conversation;

/** How often each surface is talked to; they differ in how many inputs a conversation has. */
const WEIGHTS: Readonly<Record<Exclude<Surface, 'configuration'>, { readonly weight: number; readonly generate: Generate }>> = {
  http: { weight: 8, generate: httpConversation },
  'engine-io': { weight: 3, generate: engineIoConversation },
  'socket-io': { weight: 5, generate: socketIoConversation },
  'websocket-frames': { weight: 5, generate: websocketConversation },
  native: { weight: 4, generate: nativeConversation },
  tokens: { weight: 1, generate: tokenConversation },
};

const LOTS = Object.values(WEIGHTS).flatMap(({ weight, generate }) => Array<Generate>(weight).fill(generate));

/** The conversation of this number: the same for the same seed, but for the seconds in its tokens. */
export function generate(seed: number, index: number, vocabulary: Vocabulary): Conversation {
  const random = createRandom(seed, `conversation ${index}`);
  return random.pick(LOTS)(vocabulary, random, index);
}
