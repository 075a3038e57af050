import { hash } from 'node:crypto';
import { readClaims } from './authenticate/claims.ts';
import { createKeyRing } from './authenticate/key-ring.ts';
import { readSigned } from './authenticate/signature.ts';
import { createTokenCache } from './authenticate/token-cache.ts';
import type { Clock } from './clock.ts';
import { PorchlightError } from './errors.ts';
import type { ServerOptions } from './options/table.ts';

export { type ApiKeys, createApiKeys } from './authenticate/api-keys.ts';
export { believeToken } from './authenticate/believe-token.ts';
export { signToken } from './authenticate/sign-token.ts';

/** What lists may show of a person, from the token: texts only, each at most 256 characters. */
export interface Profile {
  name?: string;
  role?: string;
  email?: string;
  [field: string]: string | undefined;
}

/** Who a verified token says that its bearer is. Times are epoch milliseconds. */
export interface Identity {
  tenant: string;
  user: string;
  profile: Profile;
  /** From `scope` (words in one text), `scp` or `scopes` (a list). */
  scopes: string[];
  /** From then on the token is refused; null when it never ends, which only `tokenExpiryRequired: false` allows. */
  expiresAt: number | null;
  issuedAt: number | null;
  /** The claim `jti`, by which one token can be revoked. */
  tokenId: string | null;
  /** The claim `sid`, by which one sign-in can be revoked. */
  loginId: string | null;
  /** Digest of what was signed: the same for a token that was forgotten and verified again. Null for whoever is believed without a signature. */
  tokenDigest: string | null;
}

/** Somebody of whom nothing is known but the id and what is given: no token said anything. */
export function identityOf(user: string, given: Partial<Identity> = {}): Identity {
  return {
    tenant: 'default',
    user,
    profile: {},
    scopes: [],
    expiresAt: null,
    issuedAt: null,
    tokenId: null,
    loginId: null,
    tokenDigest: null,
    ...given,
  };
}

export interface Authenticator {
  /**
   * Says whose token it is: at once, without a promise, when it is signed with the shared secret or was verified before. Throws, or
   * rejects with, `PorchlightError` UNAUTHENTICATED, whose message gives the reason and nothing of the token, or UNAVAILABLE when the
   * issuer's keys cannot be had. The identity is shared between callers, and frozen.
   */
  verify(token: string): Identity | Promise<Identity>;
}

export type AuthenticatorOptions = Pick<
  ServerOptions,
  | 'jwtSecret'
  | 'jwtPublicKey'
  | 'jwksUrl'
  | 'jwtAlgorithm'
  | 'jwtIssuer'
  | 'jwtAudience'
  | 'userClaim'
  | 'tenantClaim'
  | 'profileClaims'
  | 'tokenExpiryRequired'
  | 'tokenLifetimeMaxMs'
  | 'tokenSkewMs'
  | 'tokenLengthMax'
  | 'tokenCacheMax'
> & { clock: Clock; fetch?: typeof fetch };

function refuse(reason: string): never {
  throw new PorchlightError('UNAUTHENTICATED', reason);
}

/** Verifies tokens as the options say. Throws at once when a key in the options cannot be used. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clock, tokenLengthMax } = options;
  const keys = createKeyRing(options);
  const cache = createTokenCache(options.tokenCacheMax);

  function remember(token: string, digest: string, payload: unknown): Identity {
    // Without the signature, of which there may be more than one spelling.
    const signed = hash('sha256', token.slice(0, token.lastIndexOf('.')), 'binary');
    const identity = readClaims(payload, options, clock.now(), signed);
    cache.add(digest, identity);
    return identity;
  }

  return {
    verify(token) {
      if (typeof token !== 'string' || token === '') refuse('A token is needed.');
      if (token.length > tokenLengthMax) refuse(`The token is longer than ${tokenLengthMax} characters.`);
      // Tokens are kept as digests, so that a heap dump holds none.
      const digest = hash('sha256', token, 'base64');
      const known = cache.find(digest, clock.now());
      if (known !== undefined) return known;
      const payload = readSigned(token, keys);
      return payload instanceof Promise ? payload.then((claims) => remember(token, digest, claims)) : remember(token, digest, payload);
    },
  };
}
