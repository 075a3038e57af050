/** What no server should fall over, as events and texts. */
const PAYLOADS = [
  '{',
  'null',
  '[]',
  '"\u202eevil"',
  '{"userIds":"all"}',
  '{"userId":{"$gt":""}}',
  '{"__proto__":{"admin":true},"userId":"alice"}',
  '{"userId":9007199254740993}',
  '{"contactIds":[null,-1,{}]}',
  `${'['.repeat(40)}${']'.repeat(40)}`,
  '{"isOnline":"maybe","toUserIds":{}}',
];
const EVENTS = ['no-such-event', 'constructor', '__proto__', 'check-users-status', 'presence:request', 'userOnline'];
const FRAMES = [
  'hello?',
  '{"type":"watch","set":"everybody"}',
  '{"type":"status","availability":"asleep"}',
  '{"type":"get"}',
  '{"type":42}',
];

const anyOf = (list) => list[Math.floor(Math.random() * list.length)];

/** Something that this client's dialect does not understand. */
export function rubbishFor(speaker) {
  if (speaker.rawEvent !== undefined) return { event: anyOf(EVENTS), text: anyOf(PAYLOADS) };
  return { event: '', text: anyOf([...FRAMES, ...PAYLOADS]) };
}
