import { createHmac } from 'node:crypto';
import type { Random } from '../random.ts';
import { type Claims, TEST_SECRET } from '../real-server.ts';
import { type Conversation, type Step, wireText } from './conversation.ts';
import { persona, type Vocabulary } from './grammar.ts';
import { FUZZ_USERS, mutatedText, nastyJson, nastyText } from './values.ts';

const part = (text: string) => Buffer.from(text).toString('base64url');

function signed(header: string, claims: string, secret = TEST_SECRET, hash = 'sha256'): string {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

const HEADER = JSON.stringify({ alg: 'HS256', typ: 'JWT' });

/** Tokens that must never be taken: signed otherwise, by another, for another time, or not at all. */
function forgedToken(valid: string, random: Random): string {
  const user = random.pick(FUZZ_USERS);
  const claims = (more: Claims = {}) => JSON.stringify({ sub: user, iat: 1_700_000_000, exp: 4_102_444_800, ...more });
  const [head = '', body = '', signature = ''] = valid.split('.');
  return random.pick([
    () => signed(HEADER, claims(), 'another secret of forty bytes, more or less'),
    () => signed(HEADER, claims(), ''),
    () => `${part(JSON.stringify({ alg: random.pick(['none', 'None', 'NONE', '']), typ: 'JWT' }))}.${part(claims())}.`,
    () => signed(JSON.stringify({ alg: random.pick(['HS384', 'HS512', 'RS256', 'ES256', 'EdDSA', 'hs256', 256, null]) }), claims()),
    () => signed(JSON.stringify({ alg: 'HS256', crit: ['b64'], b64: false }), claims()),
    () => signed(JSON.stringify({ alg: 'HS256', jwk: { kty: 'oct', k: 'AA' }, kid: '../../dev/null' }), claims(), '\u0000'),
    () => signed(HEADER, claims({ exp: 1_600_000_000 })),
    () => signed(HEADER, claims({ nbf: 4_000_000_000 })),
    () => signed(HEADER, claims({ iat: 4_000_000_000 })),
    () => signed(HEADER, JSON.stringify({ sub: user })),
    () => signed(HEADER, claims({ exp: random.pick(['4102444800', null, -1, 1e300, [], {}]) })),
    () => signed(HEADER, claims({ sub: random.pick(['', '\u0000', ' a', 'x'.repeat(129), -1, 0.5, 2 ** 53, true, null, [], {}]) })),
    () => signed(HEADER, claims({ tenant: random.pick(['', 5, null, '\n', 'x'.repeat(300)]) })),
    () => signed(HEADER, nastyJson(random)),
    () => `${head}.${part(claims())}.${signature}`,
    () => `${head}.${body}.`,
    () => `${head}.${body}`,
    () => `${valid}.${signature}`,
    () => `${head}..${signature}`,
    () => 'a'.repeat(random.below(20_000)),
    () => part(nastyText(random)),
  ])();
}

/** Where a token may stand. */
function requestWith(token: string, random: Random): string {
  const clean = wireText(token.replace(/[\r\n]/g, '').replaceAll('\u0000', ''));
  const isInQuery = random.chance(0.2);
  const target = `/api/user-presence/1${isInQuery ? `?token=${encodeURIComponent(clean)}` : ''}`;
  const header = isInQuery ? '' : random.chance(0.7) ? `Authorization: Bearer ${clean}\r\n` : `Cookie: jwt=${clean}\r\n`;
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\n`;
}

export function tokenConversation(vocabulary: Vocabulary, random: Random, index: number): Conversation {
  const isForged = random.chance(0.7);
  const steps: Step[] = Array.from({ length: 5 + random.below(30) }, () => {
    const { token } = persona(vocabulary, random);
    // A flipped bit may be one that base64 does not use, so those are not all forgeries.
    return { on: 0, send: requestWith(isForged ? forgedToken(token, random) : mutatedText(token, random), random) };
  });
  return { surface: 'tokens', index, steps, ...(isForged && { forged: true }), answered: true };
}
