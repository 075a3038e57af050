import { BAD_BOOLEANS, BAD_IDS, BAD_LISTS, BAD_PAYLOADS, FOREIGN_IDS, type Named } from './values.ts';

/*
 * Every event of every dialect that takes a payload, with each of its fields in the place of `$`, and what must become of it. An event that
 * is missing here fails the test that compares this table with the dialects.
 */

export type Expected = 'INVALID_PAYLOAD' | 'FORBIDDEN' | 'TOO_MANY_IDS' | 'answered';

interface Field {
  /** The payload as JSON text, with `$` for the field. */
  readonly payload: string;
  /** `own`: claims to be the signed-in user; `other`: names somebody; `ids`: a list of them. */
  readonly is: 'own' | 'other' | 'ids' | 'boolean';
}

interface HostileEvent {
  readonly dialect: string;
  readonly event: string;
  /** Whether it may come without any field. */
  readonly bare?: true;
  readonly fields: readonly Field[];
}

const own = (payload: string): Field => ({ payload, is: 'own' });
const other = (payload: string): Field => ({ payload, is: 'other' });
const ids = (payload: string): Field => ({ payload, is: 'ids' });
const boolean = (payload: string): Field => ({ payload, is: 'boolean' });

export const EVENTS: readonly HostileEvent[] = [
  { dialect: 'smart-presence', event: 'register_session', fields: [own('{"sessionId":$}')] },
  {
    dialect: 'smart-presence',
    event: 'presence:request',
    bare: true,
    fields: [own('{"requesterId":$,"contactIds":[]}'), other('{"contactIds":[$]}'), other('[$]'), ids('{"contactIds":$}')],
  },
  {
    dialect: 'smart-presence',
    event: 'presence:update',
    fields: [
      own('{"fromUserId":$,"isOnline":true,"toUserIds":[]}'),
      other('{"isOnline":true,"toUserIds":[$]}'),
      ids('{"isOnline":true,"toUserIds":$}'),
      boolean('{"isOnline":$,"toUserIds":[]}'),
    ],
  },
  { dialect: 'smart-presence', event: 'client:heartbeat', bare: true, fields: [own('{"sessionId":$}')] },
  { dialect: 'smart-presence', event: 'heartbeat:pong', bare: true, fields: [] },
  { dialect: 'smart-presence', event: 'connection:pong', bare: true, fields: [] },
  { dialect: 'smart-presence', event: 'connection:stability_check:response', bare: true, fields: [] },
  {
    dialect: 'smart-presence',
    event: 'typing:update',
    fields: [
      own('{"fromUserId":$,"recipientId":"nobody","conversationId":"c","isTyping":false}'),
      other('{"recipientId":$,"conversationId":"c","isTyping":false}'),
      boolean('{"recipientId":"nobody","conversationId":"c","isTyping":$}'),
    ],
  },
  { dialect: 'smart-presence', event: 'contacts:add', fields: [own('{"sessionId":$,"contactSessionId":"nobody"}')] },
  {
    dialect: 'smart-presence',
    event: 'contacts:remove',
    fields: [own('{"sessionId":$,"contactSessionId":"nobody"}'), other('{"contactSessionId":$}')],
  },
  { dialect: 'smart-presence', event: 'session:leaving', bare: true, fields: [own('{"sessionId":$}')] },
  { dialect: 'user-presence', event: 'user_activity', bare: true, fields: [] },
  { dialect: 'user-status', event: 'userOnline', fields: [own('{"userId":$,"userName":"M"}')] },
  { dialect: 'user-status', event: 'userHeartbeat', bare: true, fields: [own('{"userId":$}')] },
  { dialect: 'user-status', event: 'userOffline', bare: true, fields: [own('{"userId":$}')] },
  { dialect: 'user-status', event: 'getOnlineUsers', bare: true, fields: [] },
  { dialect: 'presence-gateway', event: 'check-user-status', fields: [other('{"userId":$}')] },
  { dialect: 'presence-gateway', event: 'check-users-status', fields: [other('{"userIds":[$]}'), ids('{"userIds":$}')] },
  { dialect: 'presence-gateway', event: 'get-online-users', bare: true, fields: [] },
  { dialect: 'presence-gateway', event: 'heartbeat', bare: true, fields: [] },
  {
    dialect: 'native',
    event: 'watch',
    bare: true,
    fields: [other('{"set":[$]}'), other('{"add":[$]}'), other('{"remove":[$]}'), ids('{"set":$}'), ids('{"add":$}'), ids('{"remove":$}')],
  },
  { dialect: 'native', event: 'get', fields: [other('{"request":"g","ids":[$]}'), ids('{"request":"g","ids":$}')] },
  { dialect: 'native', event: 'activity', fields: [boolean('{"idleMs":0,"background":$}')] },
  { dialect: 'native', event: 'status', fields: [] },
  { dialect: 'native', event: 'show', fields: [boolean('{"shown":$}')] },
  { dialect: 'native', event: 'pace', fields: [] },
  { dialect: 'native', event: 'token', fields: [] },
];

/** Events of the native protocol that take no payload, or end the connection; they are tested with the protocol itself. */
export const WITHOUT_PAYLOAD = ['pong', 'closing', 'leave'];

/** More that is wrong, of single events. */
const SINGLE: readonly { dialect: string; event: string; payloads: Named }[] = [
  {
    dialect: 'smart-presence',
    event: 'typing:update',
    payloads: {
      'no conversation': '{"recipientId":"victim","isTyping":true}',
      'empty conversation': '{"recipientId":"victim","conversationId":"","isTyping":true}',
      'long conversation': `{"recipientId":"victim","conversationId":"${'x'.repeat(257)}","isTyping":true}`,
      'conversation a number': '{"recipientId":"victim","conversationId":7,"isTyping":true}',
    },
  },
  {
    dialect: 'smart-presence',
    event: 'session:leaving',
    payloads: { 'long reason': `{"reason":"${'x'.repeat(129)}"}`, 'reason an object': '{"reason":{}}' },
  },
  {
    dialect: 'user-status',
    event: 'userOnline',
    payloads: {
      'long name': `{"userId":"mallory","userName":"${'x'.repeat(129)}"}`,
      'name an object': '{"userId":"mallory","userName":{}}',
      'type a number': '{"userId":"mallory","userType":7}',
    },
  },
  {
    dialect: 'native',
    event: 'activity',
    payloads: {
      'no idleMs': '{"background":true}',
      'idleMs negative': '{"idleMs":-1}',
      'idleMs a fraction': '{"idleMs":0.5}',
      'idleMs 1e999': '{"idleMs":1e999}',
      'idleMs a text': '{"idleMs":"0"}',
      'idleMs a thousand years': '{"idleMs":31536000000000}',
      'screen too long': `{"idleMs":0,"screen":"${'x'.repeat(129)}"}`,
      'screen an object': '{"idleMs":0,"screen":{}}',
    },
  },
  {
    dialect: 'native',
    event: 'status',
    payloads: {
      'no availability': '{"text":"x"}',
      'offline is not to be claimed': '{"availability":"offline"}',
      'availability of a prototype': '{"availability":"__proto__"}',
      'availability a list': '{"availability":["busy"]}',
      'text too long': `{"availability":"busy","text":"${'x'.repeat(129)}"}`,
      'text a number': '{"availability":"busy","text":7}',
      'forMs zero': '{"availability":"busy","forMs":0}',
      'forMs a fraction': '{"availability":"busy","forMs":1000.5}',
      'forMs 1e999': '{"availability":"busy","forMs":1e999}',
      'forMs a hundred years': '{"availability":"busy","forMs":3153600000000}',
      'request a number': '{"availability":"busy","request":7}',
      'request empty': '{"availability":"busy","request":""}',
      'request too long': `{"availability":"busy","request":"${'x'.repeat(65)}"}`,
    },
  },
  {
    dialect: 'native',
    event: 'pace',
    payloads: {
      none: '{}',
      negative: '{"flushMs":-1}',
      'an hour': '{"flushMs":3600000}',
      text: '{"flushMs":"100"}',
      '1e999': '{"flushMs":1e999}',
    },
  },
  { dialect: 'native', event: 'token', payloads: { none: '{}', number: '{"token":7}', list: '{"token":["x"]}' } },
];

const manyIds = (count: number) => `[${Array.from({ length: count }, (_, index) => `"u${index}"`).join(',')}]`;

export interface HostileMessage {
  readonly dialect: string;
  readonly event: string;
  readonly name: string;
  readonly payload: string;
  readonly expected: Expected;
}

function ofField(field: Field, where: { dialect: string; event: string }): HostileMessage[] {
  const each = (values: Named, expected: Expected) =>
    Object.entries(values).map(([name, value]) => ({
      ...where,
      name: `${name} in ${field.payload}`,
      payload: field.payload.replace('$', () => value),
      expected,
    }));
  switch (field.is) {
    case 'own':
      return [...each(BAD_IDS, 'INVALID_PAYLOAD'), ...each(FOREIGN_IDS, 'FORBIDDEN')];
    case 'other':
      return [...each(BAD_IDS, 'INVALID_PAYLOAD'), ...each(FOREIGN_IDS, 'answered')];
    case 'ids':
      return [
        ...each(BAD_LISTS, 'INVALID_PAYLOAD'),
        ...each(
          { '1,001 ids': manyIds(1_001), '5,000 ids': manyIds(5_000) },
          field.payload.includes('remove') ? 'answered' : 'TOO_MANY_IDS',
        ),
        ...each({ 'the same id 500 times': `[${'"victim",'.repeat(499)}"victim"]` }, 'answered'),
      ];
    case 'boolean':
      return each(BAD_BOOLEANS, 'INVALID_PAYLOAD');
  }
}

/** Every hostile message for every event. */
export function hostileMessages(): HostileMessage[] {
  return [
    ...EVENTS.flatMap(({ dialect, event, bare, fields }) => [
      ...fields.flatMap((field) => ofField(field, { dialect, event })),
      ...Object.entries(BAD_PAYLOADS)
        // What an event without fields ignores is only too deep.
        .filter(([name]) => bare !== true || /levels|nine lists/.test(name))
        .map(([name, payload]) => ({ dialect, event, name: `payload ${name}`, payload, expected: 'INVALID_PAYLOAD' as const })),
    ]),
    ...SINGLE.flatMap(({ dialect, event, payloads }) =>
      Object.entries(payloads).map(([name, payload]) => ({ dialect, event, name, payload, expected: 'INVALID_PAYLOAD' as const })),
    ),
  ];
}

/** Names that no dialect knows. */
export const UNKNOWN_EVENTS: readonly string[] = [
  'nonsense',
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'hears',
  'does',
  'says.change',
  'presence:UPDATE',
  'userOnline ',
  'check-user-status\u0000',
  'user_presence_update',
  'userStatusChanged',
  'welcome',
  'changes',
  'ping',
  'message',
  '*',
  '<script>',
  '\ud800',
  'x'.repeat(10_000),
];
