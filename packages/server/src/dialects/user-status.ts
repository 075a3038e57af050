import { defineDialect, hear, type Message, type Refusal, z } from './dialect.ts';
import { anything, iso, shortText, userId } from './payload.ts';

/*
 * An app whose users are numbers: everybody connected is told of everybody, and ids go back as the type the client uses.
 */

const statusOf = (online: boolean) => (online ? 'online' : 'offline');

export const userStatus = defineDialect({
  name: 'user-status',
  spellsNumbers: true,
  hears: {
    userOnline: hear(
      z.object({ userId, userType: shortText.optional(), userName: shortText.optional() }),
      async ({ userId: self, userType, userName }, actions) => {
        await actions.act(self, {
          ...(userName === undefined ? null : { name: userName }),
          ...(userType === undefined ? null : { userType }),
        });
        actions.show(true);
        actions.activity();
        return undefined;
      },
    ),

    userHeartbeat: hear(z.object({ userId: userId.optional() }), async ({ userId: self }, actions) => {
      await actions.act(self);
      actions.show(true);
      actions.activity();
      return undefined;
    }),

    userOffline: hear(z.object({ userId: userId.optional() }), async ({ userId: self }, actions) => {
      await actions.act(self);
      actions.show(false);
      return undefined;
    }),

    getOnlineUsers: hear(anything, async (_payload, actions) => {
      const { people } = await actions.online();
      const list = people.map(({ spelled, view, profile }) => ({
        userId: spelled,
        status: 'online',
        lastSeen: iso(view.lastSeenAt),
        userType: profile.userType ?? profile.role ?? null,
        userName: profile.userName ?? profile.name ?? null,
      }));
      return { says: [['onlineUsersList', list]], ack: list };
    }),
  },
  says: {
    change: ({ spelled, view }): Message => [
      'userStatusChanged',
      { userId: spelled, status: statusOf(view.status !== 'offline'), lastSeen: iso(view.lastSeenAt) },
    ],
    refused: ({ code, message, event, at }: Refusal) => ({ says: [['error', { code, message, event, timestamp: iso(at) }]] }),
  },
});
