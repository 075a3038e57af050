import type { PresenceRecord } from '@porchlight/protocol';

/*
 * Records as JSON, byte for byte what `JSON.stringify` writes, for two thirds of its time: of an answer of a thousand it spends a third on
 * turning four thousand times from floating point into digits, of which all but the last four are the same as in the one before.
 */

/** What needs no escape. */
const plain = /^[\w .~@|:+-]*$/;
const textJson = (text: string) => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

const LOW = 10_000;
const lowDigits = Array.from({ length: LOW }, (_, low) => String(low).padStart(4, '0'));
let lastHigh = Number.NaN;
let lastHighDigits = '';

function wholeJson(value: number): string {
  if (!Number.isSafeInteger(value) || value < LOW) return JSON.stringify(value);
  const high = Math.floor(value / LOW);
  if (high !== lastHigh) {
    lastHigh = high;
    lastHighDigits = String(high);
  }
  return lastHighDigits + lowDigits[value - high * LOW];
}

export function recordJson(record: PresenceRecord): string {
  const { id, online, status, lastSeenAt, version, lastSeenWithinMs, lastActiveAt, onlineSinceAt, text, platforms, certainty } = record;
  const lastSeen = lastSeenAt === null ? 'null' : wholeJson(lastSeenAt);
  let json = `{"id":${textJson(id)},"online":${online},"status":"${status}","lastSeenAt":${lastSeen},"version":${wholeJson(version)}`;
  if (lastSeenWithinMs !== undefined) json += `,"lastSeenWithinMs":${lastSeenWithinMs}`;
  if (lastActiveAt !== undefined) json += `,"lastActiveAt":${wholeJson(lastActiveAt)}`;
  if (onlineSinceAt !== undefined) json += `,"onlineSinceAt":${wholeJson(onlineSinceAt)}`;
  if (text !== undefined) json += `,"text":${textJson(text)}`;
  if (platforms !== undefined) json += `,"platforms":[${platforms.map(textJson).join(',')}]`;
  if (certainty !== undefined) json += `,"certainty":"${certainty}"`;
  return `${json}}`;
}

/** The JSON of an answer: an object, of which any `presences` are records and come last. */
export function answerJson(answer: object): string {
  const { presences, ...rest } = answer as { presences?: readonly PresenceRecord[] };
  if (presences === undefined) return JSON.stringify(rest);
  const head = JSON.stringify(rest).slice(0, -1);
  let json = `${head}${head === '{' ? '' : ','}"presences":[`;
  for (let index = 0; index < presences.length; index++) json += (index === 0 ? '' : ',') + recordJson(presences[index] as PresenceRecord);
  return `${json}]}`;
}
