import { createHmac, randomBytes } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { PorchlightError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { signOut } from '../sign-out.ts';
import type { SessionRecord } from '../stores/store.ts';
import { admitChange } from './caller.ts';
import { optionalEpochMs, pageLimit, session } from './records.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { type Subject, type SubjectPath, subjectOf } from './subject.ts';

const PAGE = { default: 50, most: 200 };

const sessionsPage = z.strictObject({ sessions: z.array(session), next: optionalEpochMs }).openapi('Sessions');

/** Where a user is, and was, signed in. */
export function sessionRoutes(node: PresenceNode, path: SubjectPath): ApiRoute[] {
  const { prefix, mayCall, topic, whose, params } = path;
  const { service } = node;
  // The store's own names count the sessions of all users, which is nobody's business.
  const key = randomBytes(16);
  const nameOf = (id: string) => createHmac('sha256', key).update(id).digest('base64url').slice(0, 16);

  /** The user's sessions that are open on this node, by what the store calls them. */
  function openSessions({ tenant, user }: Subject) {
    const open = new Map<string, { number: number; seenAt: number }>();
    for (let each = service.find(tenant, user)?.firstSession ?? null; each !== null; each = each.next)
      open.set(each.storedId ?? `${node.incarnation}-${each.number}`, { number: each.number, seenAt: each.seenAt });
    return open;
  }

  /** At least so many, if there are, and more where all of these began at one moment. */
  async function recordsOf(subject: Subject, count: number, before: number | undefined): Promise<SessionRecord[]> {
    const records = await service.history(subject.tenant, subject.user, count, before);
    const areTornApart = records.length === count && records[0]?.startedAt === records.at(-1)?.startedAt;
    return areTornApart ? recordsOf(subject, 2 * count, before) : records;
  }

  function shown({ id, tenant: _tenant, user: _user, node: _node, leaseUntilAt: _until, ...record }: SessionRecord, seenAt: number) {
    return { id: nameOf(id), ...record, seenAt } satisfies z.infer<typeof session>;
  }

  return [
    apiRoute({
      method: 'get',
      path: `${prefix}/sessions`,
      topic,
      summary: `${whose} devices: sessions present and past, newest first, in pages.`,
      description: 'Pass `next` as `before` for the next page. Of somebody who opted out nothing is recorded, so there is nothing to list.',
      mayCall,
      params,
      query: z.object({ limit: pageLimit(PAGE.most), before: z.coerce.number().int().min(0).optional() }),
      answers: sessionsPage,
      does: async ({ params, query: { limit = PAGE.default, before } }, caller) => {
        const subject = await subjectOf(node, caller, params);
        const records = await recordsOf(subject, limit + 1, before);
        const page = pageOf(records, limit);
        const open = openSessions(subject);
        return {
          // A connection that lives is not written down with every sign of life.
          sessions: page.map((record) => shown(record, Math.max(record.seenAt, open.get(record.id)?.seenAt ?? 0))),
          ...(page.length < records.length ? { next: page.at(-1)?.startedAt } : null),
        };
      },
    }),
    apiRoute({
      method: 'delete',
      path: `${prefix}/sessions`,
      topic,
      summary: `Signs ${mayCall === 'user' ? 'me' : 'a user'} out everywhere: every session ends, and every token issued until now is refused from now on.`,
      mayCall,
      params,
      answers: null,
      does: async ({ params }, caller) => {
        admitChange(node, caller);
        const subject = await subjectOf(node, caller, params);
        if (caller.identity !== null) node.identities.revoke(caller.identity);
        await signOut(node, subject.tenant, subject.user);
      },
    }),
    apiRoute({
      method: 'delete',
      path: `${prefix}/sessions/{session}`,
      topic,
      summary: 'Signs one device out: the session ends, and the token of its connection is refused from now on.',
      mayCall,
      params: params.extend({ session: z.string().max(64) }),
      answers: null,
      refuses: ['NOT_FOUND'],
      does: async ({ params }, caller) => {
        admitChange(node, caller);
        const subject = await subjectOf(node, caller, params);
        const found = [...openSessions(subject)].find(([id]) => nameOf(id) === params.session);
        if (found === undefined) throw new PorchlightError('NOT_FOUND', 'There is no such session, or it has ended.');
        await service.stepDurably({ type: 'leave', session: found[1].number, reason: 'signed-out' });
      },
    }),
  ];
}

// The next page begins before the last start of this one, so those that started at the same moment must not be torn apart, were they more than
// a page is to hold.
function pageOf(records: readonly SessionRecord[], limit: number): readonly SessionRecord[] {
  const beyond = records[limit];
  if (beyond === undefined) return records;
  const page = records.slice(0, limit);
  const whole = page.filter(({ startedAt }) => startedAt !== beyond.startedAt);
  return whole.length === 0 ? records.filter(({ startedAt }) => startedAt === beyond.startedAt) : whole;
}
