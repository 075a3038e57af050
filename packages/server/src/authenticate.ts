import { createHash } from 'node:crypto';
import { type CompactVerifyGetKey, compactVerify } from 'jose';
import { readClaims } from './authenticate/claims.ts';
import { createKeyRing, type KeyRing } from './authenticate/key-ring.ts';
import { createTokenCache } from './authenticate/token-cache.ts';
import type { Clock } from './clock.ts';
import { PorchlightError } from './errors.ts';
import type { ServerOptions } from './options/table.ts';

export { type ApiKeys, createApiKeys } from './authenticate/api-keys.ts';
export { signToken, type TokenContents } from './authenticate/sign-token.ts';

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
}

export interface Authenticator {
  /**
   * Says whose token it is. Answers at once, without a promise, when the same token was verified before and has not ended. Throws, or
   * rejects with, `PorchlightError` UNAUTHENTICATED, whose message gives the reason and nothing of the token; UNAVAILABLE when the
   * issuer's keys cannot be had. The caller shares the object with others: it is frozen.
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

// RFC 7519 section 5.1 and RFC 9068 section 2.1. Any other type is a token made for something else: an ID token's logout notice, a DPoP proof.
const TOKEN_TYPES = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);

const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Picks the key for a token's header. Of the header, only `alg`, `kid` and `typ` are ever looked at: keys that it carries or points to
 * (`jwk`, `jku`, `x5c`, `x5u`) are its bearer's claim, not ours. The key decides the algorithm, never the header (RFC 8725 section 3.1).
 */
function keyPicker(keys: KeyRing): CompactVerifyGetKey {
  return async (header) => {
    const { alg, kid, typ } = header;
    if (header.crit !== undefined || header.b64 !== undefined) refuse('The token asks for extensions that are not supported.');
    if (typ !== undefined && !(typeof typ === 'string' && TOKEN_TYPES.has(typ.toLowerCase())))
      refuse('This type of token is not for signing in.');
    if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string')) refuse('The header of the token is malformed.');
    const key = await keys.find(alg, kid);
    return key ?? refuse('The token is not signed with a key and an algorithm that are accepted here.');
  };
}

async function payloadOf(token: string, pickKey: CompactVerifyGetKey): Promise<unknown> {
  try {
    const { payload } = await compactVerify(token, pickKey);
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    if (error instanceof PorchlightError) throw error;
    throw new PorchlightError('UNAUTHENTICATED', 'The token is malformed, or its signature is wrong.', { cause: error });
  }
}

/** Verifies tokens as the options say. Throws at once when a key in the options cannot be used. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clock, tokenLengthMax } = options;
  const pickKey = keyPicker(createKeyRing(options));
  const cache = createTokenCache(options.tokenCacheMax);

  async function verifyFresh(token: string, digest: string): Promise<Identity> {
    const identity = readClaims(await payloadOf(token, pickKey), options, clock.now());
    cache.add(digest, identity);
    return identity;
  }

  return {
    verify(token) {
      if (typeof token !== 'string' || token === '') refuse('A token is needed.');
      if (token.length > tokenLengthMax) refuse(`The token is longer than ${tokenLengthMax} characters.`);
      // Tokens are kept as digests, so that a heap dump holds none.
      const digest = createHash('sha256').update(token).digest('base64');
      const known = cache.find(digest, clock.now());
      if (known !== undefined) return known;
      if (!compactForm.test(token)) refuse('This is not a signed JSON Web Token.');
      return verifyFresh(token, digest);
    },
  };
}
