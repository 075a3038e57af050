import { z } from '@hono/zod-openapi';
import { PorchlightError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { admitChange, admitIds, type Caller } from './caller.ts';
import { optionalUserId, pageLimit, userId, userIds } from './records.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { type Subject, type SubjectPath, subjectOf } from './subject.ts';

const KINDS = {
  contact: { plural: 'contacts', meaning: 'Contacts may see what the rule `contacts` allows them to.' },
  block: { plural: 'blocks', meaning: 'To somebody who is blocked the user looks as if never seen.' },
} as const;

const page = z.strictObject({ users: z.array(userId), next: optionalUserId }).openapi('UserIds');
const related = z.strictObject({ user: userId, present: z.boolean() }).openapi('Related');
const change = z.strictObject({ add: userIds.optional(), remove: userIds.optional() }).openapi('UserIdsChange');

/** The stored contacts, or blocks, of a user. Changes are answered once they are stored, and may repeat. */
export function relationRoutes(node: PresenceNode, path: SubjectPath, kind: keyof typeof KINDS): ApiRoute[] {
  const { prefix, mayCall, topic, whose } = path;
  const { plural, meaning } = KINDS[kind];
  const { service } = node;
  const { listMax } = node.parts.options;
  const common = { topic, mayCall, params: path.params };
  const one = { ...common, path: `${prefix}/${plural}/{other}`, params: path.params.extend({ other: userId }) };

  const heldBy = ({ tenant, user }: Subject): ReadonlySet<string> => {
    const policy = service.find(tenant, user)?.facts.policy;
    return (kind === 'contact' ? policy?.contacts : policy?.blocked) ?? new Set();
  };

  async function relate(subject: Subject, others: readonly string[], present: boolean): Promise<void> {
    if (others.length > 0) await service.stepDurably({ type: 'relate', ...subject, kind, others, present });
  }

  async function changeBy(caller: Caller, params: Record<string, unknown>, add: readonly string[], remove: readonly string[]) {
    admitChange(node, caller);
    admitIds(node, caller, add.length + remove.length);
    const subject = await subjectOf(node, caller, params);
    const held = heldBy(subject);
    const { relationsMax } = node.parts.options;
    const added = new Set(add.filter((id) => !held.has(id)));
    if (held.size + added.size > relationsMax) throw new PorchlightError('TOO_MANY_IDS', `At most ${relationsMax} ${plural}.`);
    // Both at once: while the one is being written, others could take the room that was found for the other.
    await Promise.all([relate(subject, remove, false), relate(subject, add, true)]);
  }

  return [
    apiRoute({
      ...common,
      method: 'get',
      path: `${prefix}/${plural}`,
      summary: `${whose} ${plural}, by id, in pages.`,
      description: meaning,
      query: z.object({ limit: pageLimit(listMax), after: optionalUserId }),
      answers: page,
      does: async ({ params, query: { limit = listMax, after = '' } }, caller) => {
        const rest = [...heldBy(await subjectOf(node, caller, params))].filter((id) => id > after).sort();
        return { users: rest.slice(0, limit), ...(rest.length > limit ? { next: rest[limit - 1] } : null) };
      },
    }),
    apiRoute({
      ...common,
      method: 'patch',
      path: `${prefix}/${plural}`,
      summary: `Removes from, and adds to, ${whose.toLowerCase()} ${plural}: many at once.`,
      body: change,
      answers: null,
      does: ({ params, body: { add = [], remove = [] } }, caller) => changeBy(caller, params, add, remove),
    }),
    apiRoute({
      ...one,
      method: 'get',
      summary: `Whether a user is among ${whose.toLowerCase()} ${plural}.`,
      answers: related,
      does: async ({ params }, caller) => {
        const other = params.other as string;
        return { user: other, present: heldBy(await subjectOf(node, caller, params)).has(other) };
      },
    }),
    apiRoute({
      ...one,
      method: 'put',
      summary: `Adds a user to ${whose.toLowerCase()} ${plural}.`,
      answers: null,
      does: ({ params }, caller) => changeBy(caller, params, [params.other as string], []),
    }),
    apiRoute({
      ...one,
      method: 'delete',
      summary: `Removes a user from ${whose.toLowerCase()} ${plural}.`,
      answers: null,
      does: ({ params }, caller) => changeBy(caller, params, [], [params.other as string]),
    }),
  ];
}
