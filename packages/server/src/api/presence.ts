import { z } from '@hono/zod-openapi';
import type { PresenceRecord, STATUSES, Status } from '@porchlight/protocol';
import { recordOf } from '../dialects/native.ts';
import type { PresenceNode } from '../node.ts';
import { admitIds, type Caller } from './caller.ts';
import { epochMs, presenceRecord, userId, userIds } from './records.ts';
import { type ApiRoute, apiRoute } from './route.ts';

const question = z
  .strictObject({
    ids: userIds.openapi({ description: 'At most 1,000 (option `idsMax`).' }),
    sort: z.enum(['asked', 'presence']).optional().openapi({ description: '`presence`: who is online first, then who was seen last.' }),
    onlineOnly: z.boolean().optional(),
  })
  .openapi('PresenceQuestion');

const answers = z.strictObject({ at: epochMs, presences: z.array(presenceRecord) }).openapi('Presences');

/** Presence of one user, and of many. */
export function presenceRoutes(node: PresenceNode): ApiRoute[] {
  const { service } = node;

  async function recordsOf(ids: readonly string[], caller: Caller): Promise<PresenceRecord[]> {
    admitIds(node, caller, ids.length);
    await service.load(caller.tenant, ids);
    return ids.map((id) => recordOf(id, service.view(caller.viewer, id)));
  }

  return [
    apiRoute({
      method: 'get',
      path: '/v1/presence/{user}',
      topic: 'Presence',
      summary: 'Presence of one user, as the caller may see it.',
      mayCall: 'either',
      params: z.object({ user: userId }),
      answers: presenceRecord,
      does: async ({ params }, caller) => (await recordsOf([params.user], caller))[0],
    }),
    apiRoute({
      method: 'post',
      path: '/v1/presence',
      topic: 'Presence',
      summary: 'Presence of many users, in the order asked or sorted by presence.',
      mayCall: 'either',
      body: question,
      answers,
      does: async ({ body: { ids, sort, onlineOnly } }, caller) => {
        const records = await recordsOf(ids, caller);
        const shown = onlineOnly === true ? records.filter(({ online }) => online) : records;
        return { at: service.now(), presences: sort === 'presence' ? shown.toSorted(byPresence) : shown };
      },
    }),
  ];
}

const RANKS = Object.fromEntries(
  (['online', 'busy', 'dnd', 'away', 'offline'] satisfies (typeof STATUSES)[number][]).map((status, rank) => [status, rank]),
) as Record<Status, number>;

// Of records, which went through the gate: what is hidden sorts as what is offline and was never seen.
function byPresence(one: PresenceRecord, other: PresenceRecord): number {
  return RANKS[one.status] - RANKS[other.status] || (other.lastSeenAt ?? 0) - (one.lastSeenAt ?? 0);
}
