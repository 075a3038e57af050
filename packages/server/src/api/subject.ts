import { z } from '@hono/zod-openapi';
import type { PresenceNode } from '../node.ts';
import type { Caller } from './caller.ts';
import { userId } from './records.ts';

/** Whose settings, contacts or sessions a request is about. */
export interface Subject {
  readonly tenant: string;
  readonly user: string;
}

/**
 * The two ways to the same routes: a person speaks of oneself under `/v1/me`, a back end of anyone in its tenant under
 * `/v1/users/{user}`.
 */
export interface SubjectPath {
  readonly prefix: '/v1/me' | '/v1/users/{user}';
  readonly mayCall: 'user' | 'back-end';
  readonly topic: string;
  /** Put before the words that say what a route is about: `My …` or `A user’s …`. */
  readonly whose: string;
  readonly params: z.ZodObject;
}

export const ME: SubjectPath = { prefix: '/v1/me', mayCall: 'user', topic: 'Me', whose: 'My', params: z.object({}) };

export const USER: SubjectPath = {
  prefix: '/v1/users/{user}',
  mayCall: 'back-end',
  topic: 'Users, for back ends',
  whose: 'A user’s',
  params: z.object({ user: userId }),
};

/** The subject of a request, made resident. Rejects with UNAVAILABLE when the store cannot be read. */
export async function subjectOf(node: PresenceNode, { tenant, identity }: Caller, params: Record<string, unknown>): Promise<Subject> {
  // A caller without an identity is a back end, which is let in only where the path names a user.
  const user = identity === null ? (params.user as string) : identity.user;
  await node.service.load(tenant, [user]);
  return { tenant, user };
}
