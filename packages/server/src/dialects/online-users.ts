import { defineDialect, route, z } from './dialect.ts';

/*
 * HTTP heartbeats: each is a lease. When none follows, the user is offline, last seen at the last heartbeat, not at the end of the lease.
 */

const success = z.object({ success: z.literal(true) });

const heartbeat = z.object({
  app_version: z.string().max(32).nullish(),
  device_info: z.string().max(256).nullish(),
  screen: z.string().max(128).nullish(),
  app_state: z.string().max(32).nullish(),
});

export const onlineUsers = defineDialect({
  name: 'online-users',
  namespace: null,
  routes: [
    route({
      method: 'post',
      path: '/api/update-online-status',
      authenticated: true,
      summary: 'A heartbeat: the caller is online for the time of a lease.',
      reads: heartbeat,
      does: async ({ app_version, device_info, screen, app_state }, actions) => {
        await actions.heartbeat({
          appVersion: app_version ?? undefined,
          device: device_info ?? undefined,
          screen: screen ?? undefined,
          background: screen === 'background' || app_state === 'background',
        });
        return { success: true };
      },
      answers: success,
    }),
    route({
      method: 'post',
      path: '/api/logout-status',
      authenticated: true,
      summary: 'The caller is offline at once.',
      reads: z.unknown(),
      does: async (_body, actions) => {
        await actions.logout();
        return { success: true };
      },
      answers: success,
    }),
    route({
      method: 'get',
      path: '/api/online-users-count',
      authenticated: false,
      summary: 'How many show themselves online to everyone.',
      reads: z.unknown(),
      does: async (_body, actions) => ({ success: true, count: await actions.publicCount() }),
      answers: z.object({ success: z.literal(true), count: z.number().int() }),
    }),
  ],
  says: {
    change: () => undefined,
    refused: () => ({}),
    refusedRoute: ({ code, message, retryAfterMs }) => ({
      success: false,
      error: { code, message, ...(retryAfterMs === undefined ? null : { retryAfterMs }) },
    }),
  },
});
