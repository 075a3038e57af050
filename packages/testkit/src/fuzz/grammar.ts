import type { Dialect } from '@porchlight/server';
import type { Random } from '../random.ts';
import type { Claims, SignToken } from '../real-server.ts';
import type { HttpRoute } from './http-routes.ts';
import { FUZZ_USERS } from './values.ts';

/** What all grammars are made from: what the server under test says it understands. */
export interface Vocabulary {
  readonly dialects: readonly Dialect[];
  readonly routes: readonly HttpRoute[];
  readonly sign: SignToken;
  /** A back end's key of a tenant that is nobody else's. */
  readonly apiKey: string;
}

/** The server gives nobody more than 20 connections; tokens of one user in many tenants would be refused otherwise. */
const TENANTS = ['default', 'default', 'default', 'other'] as const;

/** Somebody to be in a conversation, with a valid token. */
export interface Persona {
  readonly user: string;
  readonly token: string;
}

export function persona(vocabulary: Vocabulary, random: Random): Persona {
  const user = random.pick(FUZZ_USERS);
  const tenant = random.pick(TENANTS);
  const claims: Claims = { name: `Name of ${user}`, role: 'tester', ...(tenant === 'default' ? null : { tenant }) };
  return { user, token: vocabulary.sign(/^\d+$/.test(user) && random.chance(0.5) ? Number(user) : user, claims) };
}
