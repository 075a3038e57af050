import type { PresenceRecord } from '@porchlight/protocol';
import type { Message } from '@porchlight/server';

/** What a message tells of one user; undefined where it tells nothing of that. */
export interface Told {
  readonly user: string;
  readonly online: boolean | undefined;
  readonly lastSeenAt: number | null | undefined;
  readonly kind: 'answer' | 'event' | 'forwarded';
  readonly version?: number;
}

type Fields = Record<string, unknown>;

const time = (value: unknown): number | null | undefined =>
  value === undefined ? undefined : value === null ? null : typeof value === 'string' ? Date.parse(value) : Number(value);

function ofRecord(record: PresenceRecord, kind: Told['kind']): Told {
  return { user: record.id, online: record.online, lastSeenAt: record.lastSeenAt, kind, version: record.version };
}

const told = (user: unknown, online: boolean | undefined, lastSeen: unknown, kind: Told['kind']): Told => ({
  user: String(user),
  online,
  lastSeenAt: time(lastSeen),
  kind,
});

// Who is not in a list of those online is told to be offline.
function ofList(listed: readonly Fields[], everyone: readonly string[]): Told[] {
  const online = new Map(listed.map((each) => [String(each.userId), each]));
  return everyone.map((user) => told(user, online.has(user), online.get(user)?.lastSeen, 'answer'));
}

const records = (payload: Fields, kind: Told['kind']) => (payload.presences as PresenceRecord[]).map((record) => ofRecord(record, kind));

/** How each message of each dialect is read, by its event. */
const READERS: Record<string, (payload: Fields, everyone: readonly string[]) => Told[]> = {
  snapshot: (payload) => records(payload, 'answer'),
  presences: (payload) => records(payload, 'answer'),
  presence: (payload) => [ofRecord(payload as unknown as PresenceRecord, 'event')],
  'presence:request': (payload) =>
    (payload.contacts as Fields[]).map((each) => told(each.sessionId, each.isOnline as boolean, each.lastSeen, 'answer')),
  'presence:update': (payload) => [
    told(payload.sessionId, payload.isOnline as boolean, payload.lastSeen, 'metadata' in payload ? 'forwarded' : 'event'),
  ],
  // Idle counts as not online there, so that only "online" says something of connections.
  user_presence_update: (payload) => [told(payload.user_id, payload.is_online === true ? true : undefined, payload.last_seen, 'forwarded')],
  'user-online': (payload) => [told(payload.userId, true, undefined, 'event')],
  'user-offline': (payload) => [told(payload.userId, false, payload.lastSeen, 'event')],
  'user-status': (payload) => [told(payload.userId, payload.online as boolean, payload.lastSeen, 'answer')],
  'users-status': (payload) =>
    (payload.statuses as Fields[]).map((each) => told(each.userId, each.online as boolean, each.lastSeen, 'answer')),
  'online-users': (payload, everyone) => ofList(payload.users as Fields[], everyone),
  onlineUsersList: (payload, everyone) => ofList(payload as unknown as Fields[], everyone),
  userStatusChanged: (payload) => [told(payload.userId, payload.status === 'online', payload.lastSeen, 'event')],
};

/** Everything that a message tells of users. */
export function readTold([event, payload]: Message, everyone: readonly string[]): Told[] {
  return Object.hasOwn(READERS, event) ? (READERS[event]?.(payload as Fields, everyone) ?? []) : [];
}

/** What a client of each dialect says. */
export interface ClientWords {
  activity(self: string): Message;
  ask(users: readonly string[]): Message;
  /** Begins to watch; null in dialects whose clients hear of everyone. */
  watch(users: readonly string[]): Message | null;
  shown(self: string, shown: boolean): Message | null;
  /** Says something in the name of somebody else; null where no message names its sender. */
  impersonate(victim: string): Message | null;
}

export const CLIENT_WORDS: Record<string, ClientWords> = {
  native: {
    activity: () => ['activity', { type: 'activity', idleMs: 0 }],
    ask: (users) => ['get', { type: 'get', request: 'q', ids: [...users] }],
    watch: (users) => ['watch', { type: 'watch', set: [...users] }],
    shown: (_self, shown) => ['show', { type: 'show', shown }],
    impersonate: () => null,
  },
  'smart-presence': {
    activity: (self) => ['client:heartbeat', { sessionId: self }],
    ask: (users) => ['presence:request', { contactIds: [...users] }],
    watch: (users) => ['presence:request', { contactIds: [...users] }],
    shown: (self, shown) => ['presence:update', { fromUserId: self, isOnline: shown, toUserIds: [], metadata: {} }],
    impersonate: (victim) => ['presence:update', { fromUserId: victim, isOnline: false, toUserIds: [] }],
  },
  'user-presence': {
    activity: () => ['user_activity', {}],
    ask: () => ['user_activity', {}],
    watch: () => null,
    shown: () => null,
    impersonate: () => null,
  },
  'presence-gateway': {
    activity: () => ['heartbeat', {}],
    ask: (users) => ['check-users-status', { userIds: [...users] }],
    watch: () => ['get-online-users', {}],
    shown: () => null,
    impersonate: () => null,
  },
  'user-status': {
    activity: (self) => ['userHeartbeat', { userId: Number(self) }],
    ask: () => ['getOnlineUsers', undefined],
    watch: () => null,
    shown: (self, shown) => [shown ? 'userOnline' : 'userOffline', { userId: Number(self) }],
    impersonate: (victim) => ['userOffline', { userId: Number(victim) }],
  },
};
