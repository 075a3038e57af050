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

let turn = 0;

/** Something that this client's dialect does not understand; something else each time. */
export function rubbishFor(speaker) {
  turn += 1;
  const next = (list) => list[turn % list.length];
  if (speaker.rawEvent !== undefined) return { event: next(EVENTS), text: next(PAYLOADS) };
  return { event: '', text: next([...FRAMES, ...PAYLOADS]) };
}
