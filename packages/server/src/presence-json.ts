import type { PresenceRecord } from '@porchlight/protocol';
import type { JsonWriter } from './dialects/written.ts';

/* Records as JSON, byte for byte what `JSON.stringify` writes. */

export function writeRecord(json: JsonWriter, record: PresenceRecord): void {
  const { id, online, status, lastSeenAt, version, lastSeenWithinMs, lastActiveAt, onlineSinceAt, text, platforms, certainty } = record;
  json.ascii('{"id":');
  json.string(id);
  json.ascii(online ? ',"online":true,"status":"' : ',"online":false,"status":"');
  json.ascii(status);
  json.ascii('","lastSeenAt":');
  if (lastSeenAt === null) json.ascii('null');
  else json.number(lastSeenAt);
  json.ascii(',"version":');
  json.number(version);
  if (lastSeenWithinMs !== undefined) {
    json.ascii(',"lastSeenWithinMs":');
    json.number(lastSeenWithinMs);
  }
  if (lastActiveAt !== undefined) {
    json.ascii(',"lastActiveAt":');
    json.number(lastActiveAt);
  }
  if (onlineSinceAt !== undefined) {
    json.ascii(',"onlineSinceAt":');
    json.number(onlineSinceAt);
  }
  if (text !== undefined) {
    json.ascii(',"text":');
    json.string(text);
  }
  if (platforms !== undefined) {
    json.ascii(',"platforms":');
    json.any(platforms);
  }
  if (certainty !== undefined) json.ascii(`,"certainty":"${certainty}"`);
  json.ascii('}');
}

/** An answer: an object, of which any `presences` are records and come last. */
export function writeAnswer(json: JsonWriter, answer: object): void {
  const { presences, ...rest } = answer as { presences?: readonly PresenceRecord[] };
  if (presences === undefined) return json.any(rest);
  const head = JSON.stringify(rest);
  json.text(`${head.slice(0, -1)}${head === '{}' ? '' : ','}"presences":[`);
  for (let index = 0; index < presences.length; index += 1) {
    if (index > 0) json.ascii(',');
    writeRecord(json, presences[index] as PresenceRecord);
  }
  json.ascii(']}');
}
