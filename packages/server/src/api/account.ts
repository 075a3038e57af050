import type { Settings } from '@porchlight/protocol';
import type { z } from 'zod';
import { recordOf } from '../dialects/native.ts';
import { PorchlightError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { shownProfile } from '../online-list.ts';
import { settingsInForce } from '../records.ts';
import { admitChange, type Caller } from './caller.ts';
import { account, settingsChange } from './records.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { type Subject, type SubjectPath, subjectOf } from './subject.ts';

/** What a user is shown as, and the settings behind it. */
export function accountRoutes(node: PresenceNode, path: SubjectPath): ApiRoute[] {
  const { prefix, mayCall, topic, whose, params } = path;
  const { service } = node;

  async function accountOf({ tenant, user }: Subject, { viewer }: Caller): Promise<z.infer<typeof account>> {
    // Writing took a while, in which somebody idle may have been put away.
    await service.load(tenant, [user]);
    const presence = recordOf(user, service.view(viewer, user));
    const known = service.find(tenant, user);
    if (known === undefined) throw new PorchlightError('UNAVAILABLE', undefined, { retryAfterMs: 1_000 });
    const settings: Settings = settingsInForce(known);
    return { user, presence, settings, profile: shownProfile(known, node.parts.options.expose) as Record<string, string> };
  }

  return [
    apiRoute({
      method: 'get',
      path: prefix,
      topic,
      summary: `${whose} presence and settings.`,
      mayCall,
      params,
      answers: account,
      does: async ({ params }, caller) => accountOf(await subjectOf(node, caller, params), caller),
    }),
    apiRoute({
      method: 'patch',
      path: prefix,
      topic,
      summary: `Changes ${whose.toLowerCase()} status and privacy; answers once it is stored.`,
      mayCall,
      params,
      body: settingsChange,
      answers: account,
      does: async ({ params, body }, caller) => {
        admitChange(node, caller);
        const subject = await subjectOf(node, caller, params);
        await service.stepDurably({ type: 'settings', ...subject, ...settingsOf(body, service.now()) });
        return accountOf(subject, caller);
      },
    }),
  ];
}

function settingsOf(change: z.infer<typeof settingsChange>, now: number) {
  const { availability, text, forMs, onlineRule, lastSeenRule, coarseLastSeenRule, optedOut } = change;
  const claims = availability !== undefined || text !== undefined;
  return {
    ...(availability === undefined ? null : { availability }),
    ...(text === undefined ? null : { text: text === '' ? null : text }),
    ...(claims ? { untilAt: forMs === undefined ? null : now + forMs } : null),
    ...(onlineRule === undefined ? null : { onlineRule }),
    ...(lastSeenRule === undefined ? null : { lastSeenRule }),
    ...(coarseLastSeenRule === undefined ? null : { coarseLastSeenRule }),
    ...(optedOut === undefined ? null : { optedOut }),
  };
}
