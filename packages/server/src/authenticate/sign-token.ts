import { createSecretKey } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { ServerOptions } from '../options/table.ts';
import { signHs256 } from './signature.ts';

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

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Makes a token (HS256) that a server with the same options accepts: for `porchlight token`, the playground and tests. */
export function signToken({ user, tenant, profile = {}, lifetimeMs }: TokenContents, options: SigningOptions): string {
  const iat = Math.floor(options.clock.now() / 1_000);
  const claims = {
    ...profile,
    [options.userClaim]: user,
    ...(tenant !== undefined && { [options.tenantClaim]: tenant }),
    ...(options.jwtIssuer !== null && { iss: options.jwtIssuer }),
    ...(options.jwtAudience !== null && { aud: options.jwtAudience }),
    iat,
    exp: iat + Math.max(1, Math.ceil(lifetimeMs / 1_000)),
  };
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${input}.${signHs256(input, createSecretKey(options.jwtSecret, 'utf8'))}`;
}
