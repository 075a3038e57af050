import type { Random } from '../random.ts';

/*
 * Values that have broken servers before, and edits that make broken messages of valid ones. Ids come from lists that end, so that a run
 * of any length leaves the server with a bounded number of users in memory.
 */

/** Users that conversations act as and ask about. */
export const FUZZ_USERS: readonly string[] = Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? String(index) : `fuzz-${index}`));
/** Users who sit by and must not feel anything; conversations name them, but have no token of theirs. */
export const BYSTANDERS: readonly string[] = ['bystander-native', 'bystander-gateway', 'bystander-status', 'bystander-lease'];

const NASTY_TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\r\nSet-Cookie: a=b',
  '\n',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '\ud800',
  '\udfff\ud800',
  '\ufeff',
  '\u202egnp.exe',
  '\u200b',
  '\u2028',
  'e\u0301',
  '\u00e9',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  "' OR 1=1 --",
  '"; DROP TABLE users; --',
  '{p7}',
  '%00',
  '%ff',
  '%',
  '../../../../etc/passwd',
  '/ws/messages',
  '<script>alert(1)</script>',
  '=cmd|calc',
  '$' + '{7*7}',
  'null',
  'undefined',
  'true',
  '-0',
  '1e999',
  '9007199254740993',
  'NaN',
  '0x10',
  ' 5',
  'a'.repeat(128),
  'a'.repeat(129),
  'x'.repeat(5_000),
  'y'.repeat(70_000),
  '\u00fc'.repeat(64),
];

/** Texts of JSON values, some of which are none. */
const NASTY_JSON: readonly string[] = [
  'null',
  'true',
  '-0',
  '1e999',
  '-1',
  '0.1',
  '1e21',
  '9007199254740993',
  '4294967296',
  '2147483648',
  'NaN',
  'undefined',
  '[]',
  '{}',
  '[[]]',
  '""',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"\\u005f_proto__":1}',
  '{"a":1,"a":2}',
  '{"length":-1}',
  '{"_placeholder":true,"num":0}',
  '{"_placeholder":true,"num":-1}',
  '[1,]',
  '{"a"}',
  '"\\ud800"',
  "'a'",
  '[null]',
  '{"toString":1,"valueOf":2}',
  '{"then":1}',
  '{"toJSON":1}',
];

export const nastyText = (random: Random) => random.pick(NASTY_TEXTS);

/** An id of somebody, or of nobody. */
export function someId(random: Random): string | number {
  const among = random.next();
  if (among < 0.6) {
    const id = random.pick(FUZZ_USERS);
    return random.chance(0.5) && /^\d+$/.test(id) ? Number(id) : id;
  }
  return among < 0.75 ? random.pick(BYSTANDERS) : nastyText(random);
}

/** The text of a JSON value of any kind; deep or long ones now and then. */
export function nastyJson(random: Random): string {
  const among = random.next();
  if (among < 0.5) return random.pick(NASTY_JSON);
  if (among < 0.8) return JSON.stringify(nastyText(random));
  if (among < 0.85) return '['.repeat(1 + random.below(20_000));
  if (among < 0.9) {
    const depth = 1 + random.below(40);
    return `${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`;
  }
  if (among < 0.95) return JSON.stringify(Array.from({ length: random.below(1_100) }, () => random.pick(FUZZ_USERS)));
  return String(random.below(2 ** 31) - 2 ** 30);
}

/** A valid JSON value with one part of it replaced, doubled, dropped, renamed or wrapped. */
export function mutatedJson(value: unknown, random: Random): string {
  const text = JSON.stringify(value) ?? 'undefined';
  // The ends of members and elements: enough of JSON's structure to cut it where it hurts.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^{}[\]:,"]+/g) ?? [];
  if (tokens.length === 0) return nastyJson(random);
  const at = random.below(tokens.length);
  const token = tokens[at] as string;
  const kind = random.below(6);
  if (kind === 0) tokens.splice(at, 1);
  else if (kind === 1) tokens.splice(at, 0, token);
  else if (kind === 2) tokens[at] = `[${token}]`;
  else if (kind === 3) tokens[at] = tokens[random.below(tokens.length)] as string;
  else tokens[at] = nastyJson(random);
  return tokens.join('');
}

/** The same text with some of its units changed, dropped, doubled, or cut off. */
export function mutatedText(text: string, random: Random): string {
  let made = text;
  for (let edits = 1 + random.below(3); edits > 0; edits -= 1) {
    const at = random.below(made.length + 1);
    const end = Math.min(made.length, at + 1 + random.below(8));
    const kind = random.below(6);
    if (kind === 0) made = made.slice(0, at) + made.slice(end);
    else if (kind === 1) made = made.slice(0, end) + made.slice(at);
    else if (kind === 2) made = made.slice(0, at);
    else if (kind === 3) made = made.slice(0, at) + String.fromCharCode(random.below(256)) + made.slice(at);
    else if (at < made.length) {
      const flipped = String.fromCharCode((made.charCodeAt(at) ^ (1 << random.below(8))) & 0xff);
      made = made.slice(0, at) + flipped + made.slice(at + 1);
    }
  }
  return made;
}
