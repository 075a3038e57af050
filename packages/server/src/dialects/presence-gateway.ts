import { defineDialect, hear, type Message, type Refusal, type Reply, type Shown, whenSeen, z } from './dialect.ts';
import { anything, iso, userId, userIds } from './payload.ts';
import { type JsonWriter, Written } from './written.ts';

/*
 * A NestJS gateway: requests with acknowledgements. The acknowledgement carries `{event, data}`, and the event it names is emitted too,
 * which is how such gateways answer a client that asked for none.
 */

const answer = (event: string, data: unknown): Reply => ({ says: [[event, data]], ack: { event, data } });

/** The same, of data that writes itself. */
const written = (event: string, data: Written): Reply => ({
  says: [[event, data]],
  ack: new Written((json) => {
    json.ascii(`{"event":"${event}","data":`);
    json.payload(data);
    json.ascii('}');
  }),
});

// `lastActive` and `connectedAt` are absent when unknown; `lastSeen` is null then. The object is left open.
function writeStatus(json: JsonWriter, { spelled, view }: Shown): void {
  json.ascii('{"userId":');
  if (typeof spelled === 'string') json.string(spelled);
  else json.number(spelled);
  json.ascii(view.status === 'offline' ? ',"online":false' : ',"online":true');
  if (view.lastActiveAt !== null) {
    json.ascii(',"lastActive":');
    json.iso(view.lastActiveAt);
  }
  if (view.onlineSinceAt !== null) {
    json.ascii(',"connectedAt":');
    json.iso(view.onlineSinceAt);
  }
  json.ascii(',"lastSeen":');
  json.iso(view.lastSeenAt);
}

function writeTimestamp(json: JsonWriter, at: number): void {
  json.ascii(',"timestamp":');
  json.iso(at);
  json.ascii('}');
}

const userStatus = (shown: Shown, at: number) =>
  written(
    'user-status',
    new Written((json) => {
      writeStatus(json, shown);
      writeTimestamp(json, at);
    }),
  );

const usersStatus = (shown: readonly Shown[], at: number) =>
  written(
    'users-status',
    new Written((json) => {
      json.ascii('{"statuses":[');
      for (let index = 0; index < shown.length; index += 1) {
        if (index > 0) json.ascii(',');
        writeStatus(json, shown[index] as Shown);
        json.ascii('}');
      }
      json.ascii(']');
      writeTimestamp(json, at);
    }),
  );

const errorData = ({ code, message, at }: Refusal) => ({ status: 'error', code, message, timestamp: iso(at) });

export const presenceGateway = defineDialect({
  name: 'presence-gateway',
  namespace: '/ws/messages',
  tellsSelf: false,
  hears: {
    'check-user-status': hear(z.object({ userId }), ({ userId: asked }, actions) => {
      actions.act(undefined);
      actions.activity();
      return whenSeen(actions.see(asked), (shown) => userStatus(shown, actions.at));
    }),

    'check-users-status': hear(z.object({ userIds }), ({ userIds: asked }, actions) => {
      actions.act(undefined);
      actions.activity();
      return whenSeen(actions.seeAll(asked), (shown) => usersStatus(shown, actions.at));
    }),

    'get-online-users': hear(anything, async (_payload, actions) => {
      await actions.act(undefined);
      actions.activity();
      const { people, count, truncated } = await actions.online();
      const users = people.map(({ spelled, view, profile: { email, role } }) => ({
        userId: spelled,
        ...(email === undefined ? null : { email }),
        ...(role === undefined ? null : { role }),
        ...(view.onlineSinceAt === null ? null : { connectedAt: iso(view.onlineSinceAt) }),
        ...(view.lastActiveAt === null ? null : { lastActive: iso(view.lastActiveAt) }),
      }));
      return answer('online-users', { users, count, ...(truncated ? { truncated } : null), timestamp: iso(actions.at) });
    }),

    heartbeat: hear(anything, async (_payload, actions) => {
      await actions.act(undefined);
      actions.activity();
      return answer('heartbeat-ack', { timestamp: iso(actions.at), lastActive: iso(actions.at) });
    }),
  },
  says: {
    change: ({ spelled, view }, at): Message =>
      view.status === 'offline'
        ? ['user-offline', { userId: spelled, online: false, lastSeen: iso(view.lastSeenAt), timestamp: iso(at) }]
        : ['user-online', { userId: spelled, online: true, timestamp: iso(at) }],
    welcome: ({ user, connection, at, reconnect }): Message => [
      'connected',
      { userId: user, socketId: connection, timestamp: iso(at), reconnect },
    ],
    refused: (refusal) => {
      const data = errorData(refusal);
      return { says: [['exception', data]], ack: { event: 'error', data } };
    },
    unauthenticated: ({ message, at }) => {
      const error = { status: 'error', code: 'AUTH_ERROR', message: 'Authentication failed.', details: message, timestamp: iso(at) };
      return [
        ['authentication_error', error],
        ['error', error],
      ];
    },
  },
});
