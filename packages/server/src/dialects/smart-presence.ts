import { defineDialect, hear, type Message, type Refusal, type Shown, z } from './dialect.ts';
import { anything, iso, shortText, userId, userIds } from './payload.ts';

/*
 * A chat app whose users are called sessions. A client asks for its contacts, and is told of their changes from then on. Last seen
 * survives everything: nobody may ever show "just now" because the watcher reconnected or the server restarted.
 */

const contactOf = ({ spelled, view }: Shown, at: number) => ({
  sessionId: spelled,
  isOnline: view.status !== 'offline',
  lastSeen: iso(view.lastSeenAt),
  timestamp: iso(at),
});

const opaque = z.unknown().optional();

const request = z.preprocess(
  (value) => (Array.isArray(value) ? { contactIds: value } : (value ?? {})),
  z.object({ requesterId: userId.optional(), contactIds: userIds.default([]) }),
);

const update = z.object({
  fromUserId: userId.optional(),
  isOnline: z.boolean(),
  toUserIds: userIds,
  metadata: opaque,
  encryptedData: opaque,
});

const typing = z.object({
  fromUserId: userId.optional(),
  recipientId: userId,
  conversationId: z.string().min(1).max(256),
  isTyping: z.boolean(),
  showIndicatorOnSessionId: opaque,
});

const contactEdit = z.object({ sessionId: userId.optional(), contactSessionId: userId });

const activity = hear(anything, async (_payload, actions) => {
  await actions.act(undefined);
  actions.activity();
  return undefined;
});

const editContacts = (present: boolean, event: string) =>
  hear(contactEdit, async ({ sessionId, contactSessionId }, actions) => {
    await actions.act(sessionId);
    await actions.setContact(contactSessionId, present);
    if (present) await actions.watch([contactSessionId]);
    else actions.unwatch([contactSessionId.id]);
    return { says: [[event, { contactId: contactSessionId.spelled, timestamp: iso(actions.at) }]] };
  });

export const smartPresence = defineDialect({
  name: 'smart-presence',
  audience: 'watched',
  watchesContacts: true,
  hears: {
    register_session: hear(z.object({ sessionId: userId, publicKey: opaque }), async ({ sessionId }, actions) => {
      await actions.act(sessionId);
      actions.show(true);
      actions.activity();
      return { says: [['session_registered', { sessionId: sessionId.spelled, timestamp: iso(actions.at), success: true }]] };
    }),

    'presence:request': hear(request, async ({ requesterId, contactIds }, actions) => {
      await actions.act(requesterId);
      actions.activity();
      const asked = contactIds.length === 0 ? actions.contacts() : contactIds;
      const contacts = (await actions.watchAndSee(asked)).map((shown) => contactOf(shown, actions.at));
      const answer = { contacts, timestamp: iso(actions.at) };
      return { says: [['presence:request', answer]], ack: answer };
    }),

    'presence:update': hear(update, async ({ fromUserId, isOnline, toUserIds, metadata, encryptedData }, actions) => {
      await actions.act(fromUserId);
      if (isOnline) actions.activity();
      await actions.showTo(toUserIds.length === 0 ? actions.contacts() : toUserIds, isOnline, {
        ...(metadata === undefined ? null : { metadata }),
        ...(encryptedData === undefined ? null : { encryptedData }),
      });
      return undefined;
    }),

    'client:heartbeat': hear(
      z.preprocess((value) => value ?? {}, z.object({ sessionId: userId.optional() })),
      async ({ sessionId }, actions) => {
        await actions.act(sessionId);
        actions.activity();
        return { says: [['heartbeat:ack', { timestamp: iso(actions.at) }]] };
      },
    ),

    'heartbeat:pong': activity,
    'connection:pong': activity,
    'connection:stability_check:response': activity,

    'typing:update': hear(typing, async ({ fromUserId, recipientId, conversationId, isTyping }, actions) => {
      await actions.act(fromUserId);
      actions.activity();
      await actions.typing(recipientId, conversationId, isTyping);
      return undefined;
    }),

    'contacts:add': editContacts(true, 'contacts:added'),
    'contacts:remove': editContacts(false, 'contacts:removed'),

    'session:leaving': hear(
      z.preprocess((value) => value ?? {}, z.object({ sessionId: userId.optional(), reason: shortText.optional() })),
      async ({ sessionId }, actions) => {
        await actions.act(sessionId);
        actions.leave('left');
        return undefined;
      },
    ),
  },
  says: {
    change: (shown, at, extra): Message => ['presence:update', { ...contactOf(shown, at), fromUserId: shown.spelled, ...extra }],
    refused: ({ code, message, event, at }: Refusal) => ({ says: [['error', { code, message, event, timestamp: iso(at) }]] }),
    typing: ({ from, to, conversation, isTyping, autoStopped, at }): Message => [
      autoStopped ? 'typing:status_update' : 'typing:update',
      {
        fromUserId: from,
        recipientId: to,
        conversationId: conversation,
        isTyping,
        // Clients show it where this is their own session.
        showIndicatorOnSessionId: to,
        ...(autoStopped ? { autoStopped: true } : null),
        timestamp: iso(at),
      },
    ],
  },
});
