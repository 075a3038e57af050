import { createSecretKey } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../clock.ts';
import type { ServerOptions } from '../options/table.ts';

/** What a token is to say. */
export interface TokenContents {
  user: string;
  /** Left out, the token names no tenant, which means `default`. */
  tenant?: string;
  /** Further claims, such as `name`, `role` and `email`. */
  profile?: Readonly<Record<string, string>>;
  /** How long it is valid from now. */
  lifetimeMs: number;
}

type SigningOptions = Pick<ServerOptions, 'userClaim' | 'tenantClaim' | 'jwtIssuer' | 'jwtAudience'> & {
  jwtSecret: string;
  clock: Pick<Clock, 'now'>;
};

/** Makes a token (HS256) that a server with the same options accepts: for `porchlight token`, the playground and tests. */
export async function signToken({ user, tenant, profile = {}, lifetimeMs }: TokenContents, options: SigningOptions): Promise<string> {
  const issuedAt = Math.floor(options.clock.now() / 1_000);
  const claims: JWTPayload = { ...profile, [options.userClaim]: user };
  if (tenant !== undefined) claims[options.tenantClaim] = tenant;
  if (options.jwtIssuer !== null) claims.iss = options.jwtIssuer;
  if (options.jwtAudience !== null) claims.aud = options.jwtAudience;
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.max(1, Math.ceil(lifetimeMs / 1_000)))
    .sign(createSecretKey(options.jwtSecret, 'utf8'));
}
