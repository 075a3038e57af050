import { z } from '@hono/zod-openapi';
import { STATUSES } from '@porchlight/protocol';
import { recordOf } from '../dialects/native.ts';
import type { PresenceNode } from '../node.ts';
import { listOnline, shownProfile } from '../online-list.ts';
import { onlineUser, optionalUserId, pageLimit } from './records.ts';
import { type ApiRoute, apiRoute } from './route.ts';

const LIVE_STATUSES = STATUSES.filter((status) => status !== 'offline');
const count = z.number().int().openapi({ description: 'How many the caller may see online, exactly, whatever the filter.' });

const statusList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(LIVE_STATUSES)))
  .openapi({ type: 'string', example: 'online,away', description: 'Only people shown with one of these: online, away, busy, dnd.' });

const optionalStatusList = statusList.optional();

const page = z
  .strictObject({
    users: z.array(onlineUser),
    count,
    next: optionalUserId.openapi({ description: 'Absent on the last page.' }),
  })
  .openapi('OnlineUsers');
const total = z.strictObject({ count }).openapi('OnlineCount');

/** Who is online, and how many. */
export function onlineRoutes(node: PresenceNode): ApiRoute[] {
  const { service } = node;
  const { listMax, expose } = node.parts.options;
  return [
    apiRoute({
      method: 'get',
      path: '/v1/online',
      topic: 'Online',
      summary: 'People whom the caller may see online, by id, in pages.',
      description: 'Pass `next` as `after` for the next page. Of certain people, ask `POST /v1/presence` with `onlineOnly`.',
      mayCall: 'either',
      query: z.object({ limit: pageLimit(listMax), after: optionalUserId, status: optionalStatusList }),
      answers: page,
      does: ({ query: { limit = Math.min(100, listMax), after, status } }, { tenant, viewer }) => {
        // First, because it brings everything up to this moment.
        const online = service.count(viewer);
        const people = listOnline(service.engine.roster.tenant(tenant), viewer, { limit: limit + 1, after, statuses: status });
        const shown = people.slice(0, limit);
        return {
          users: shown.map(({ user, view }) => ({ ...recordOf(user.id, view), profile: shownProfile(user, expose) })),
          count: online,
          ...(people.length > limit ? { next: shown.at(-1)?.user.id } : null),
        };
      },
    }),
    apiRoute({
      method: 'get',
      path: '/v1/online/count',
      topic: 'Online',
      summary: 'How many people the caller may see online.',
      mayCall: 'either',
      answers: total,
      does: (_request, { viewer }) => ({ count: service.count(viewer) }),
    }),
  ];
}
