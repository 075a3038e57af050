import { defineDialect, hear, type Message, type Refusal, type Reply, type Shown, z } from './dialect.ts';
import { anything, iso, userId, userIds } from './payload.ts';

/*
 * A NestJS gateway: requests with acknowledgements. The acknowledgement carries `{event, data}`, and the event it names is emitted too,
 * which is how such gateways answer a client that asked for none.
 */

const answer = (event: string, data: unknown): Reply => ({ says: [[event, data]], ack: { event, data } });

// `lastActive` and `connectedAt` are absent when unknown; `lastSeen` is null then.
function statusOf({ spelled, view }: Shown) {
  return {
    userId: spelled,
    online: view.status !== 'offline',
    ...(view.lastActiveAt === null ? null : { lastActive: iso(view.lastActiveAt) }),
    ...(view.onlineSinceAt === null ? null : { connectedAt: iso(view.onlineSinceAt) }),
    lastSeen: iso(view.lastSeenAt),
  };
}

const errorData = ({ code, message, at }: Refusal) => ({ status: 'error', code, message, timestamp: iso(at) });

export const presenceGateway = defineDialect({
  name: 'presence-gateway',
  namespace: '/ws/messages',
  tellsSelf: false,
  hears: {
    'check-user-status': hear(z.object({ userId }), async ({ userId: asked }, actions) => {
      await actions.act(undefined);
      actions.activity();
      return answer('user-status', { ...statusOf(await actions.see(asked)), timestamp: iso(actions.at) });
    }),

    'check-users-status': hear(z.object({ userIds }), async ({ userIds: asked }, actions) => {
      await actions.act(undefined);
      actions.activity();
      return answer('users-status', { statuses: (await actions.seeAll(asked)).map(statusOf), timestamp: iso(actions.at) });
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
