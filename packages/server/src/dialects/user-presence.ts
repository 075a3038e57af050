import { isTimeZone, longPhrase } from '@porchlight/protocol';
import { defineDialect, hear, type Message, type Refusal, route, type Shown, z } from './dialect.ts';
import { anything, iso, userId } from './payload.ts';

/*
 * A web app: connecting makes online, any action moves `last_active`, and the words are made of both: "online", "Active 3 minutes ago",
 * "Last seen today at 14:30".
 */

function wordsFor({ view }: Shown, at: number, timeZone: string) {
  const online = view.status !== 'offline';
  const status = longPhrase({ online, lastActiveAt: view.lastActiveAt, lastSeenAt: view.lastSeenAt }, at, timeZone);
  return { is_online: status === 'online', status, last_active: iso(view.lastActiveAt), last_seen: iso(view.lastSeenAt) };
}

const byUser = (path: string) =>
  route({
    method: 'get',
    path,
    authenticated: true,
    summary: 'Presence of one user in words; `tz` is an IANA time zone.',
    reads: z.object({ user: userId, tz: z.string().refine(isTimeZone, 'not an IANA time zone').optional() }),
    does: async ({ user, tz }, actions) => wordsFor(await actions.see(user), actions.at, tz ?? actions.timeZone),
    answers: z.object({
      is_online: z.boolean(),
      status: z.string(),
      last_active: z.string().nullable(),
      last_seen: z.string().nullable(),
    }),
  });

export const userPresence = defineDialect({
  name: 'user-presence',
  grain: 'status',
  hears: {
    user_activity: hear(anything, async (_payload, actions) => {
      await actions.act(undefined);
      actions.activity();
      return undefined;
    }),
  },
  routes: [byUser('/api/user-presence/:user'), byUser('/api/user-status/:user')],
  says: {
    change: (shown, at, _extra, timeZone = 'UTC'): Message => [
      'user_presence_update',
      { user_id: shown.spelled, ...wordsFor(shown, at, timeZone) },
    ],
    refused: ({ code, message, event, at }: Refusal) => ({ says: [['error', { code, message, event, timestamp: iso(at) }]] }),
    refusedRoute: ({ code, message, retryAfterMs }) => ({
      error: { code, message, ...(retryAfterMs === undefined ? null : { retryAfterMs }) },
    }),
  },
});
