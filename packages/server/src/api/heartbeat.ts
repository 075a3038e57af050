import { z } from '@hono/zod-openapi';
import type { Identity } from '../authenticate.ts';
import { PorchlightError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import type { Caller } from './caller.ts';
import { epochMs } from './records.ts';
import { type ApiRoute, apiRoute } from './route.ts';

const beat = z
  .strictObject({
    platform: z.string().max(32).optional(),
    appVersion: z.string().max(32).optional(),
    device: z.string().max(128).optional(),
    screen: z.string().max(128).optional(),
    background: z.boolean().optional().openapi({ description: 'True while the app is not in front: the user is away.' }),
  })
  .openapi('Heartbeat');

const lease = z
  .strictObject({
    at: epochMs,
    leaseMs: z.number().int().openapi({ description: 'Send the next one well before: every third of this, say.' }),
  })
  .openapi('Lease');

/** Presence without a connection: each heartbeat keeps the user online for the time of a lease. */
export function heartbeatRoutes(node: PresenceNode): ApiRoute[] {
  const { leaseMs } = node.parts.options;
  return [
    apiRoute({
      method: 'post',
      path: '/v1/me/heartbeat',
      topic: 'Me',
      summary: 'I am online until the lease ends, unless another heartbeat follows.',
      mayCall: 'user',
      body: beat,
      answers: lease,
      does: async ({ body }, caller) => {
        node.parts.metrics.heartbeats.inc();
        await node.leases.heartbeat(personOf(caller), 'native', { ...body, background: body.background ?? false });
        return { at: node.service.now(), leaseMs };
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/v1/me/heartbeat',
      topic: 'Me',
      summary: 'Ends my lease: I am offline at once, unless I am connected otherwise.',
      mayCall: 'user',
      answers: null,
      does: (_request, caller) => node.leases.logout(personOf(caller)),
    }),
  ];
}

function personOf({ identity }: Caller): Identity {
  if (identity === null) throw new PorchlightError('FORBIDDEN');
  return identity;
}
