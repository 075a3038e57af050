import type { Identity } from '../authenticate.ts';
import { PorchlightError } from '../errors.ts';
import type { ServerOptions } from '../options/table.ts';
import { readClaims } from './claims.ts';

/**
 * Whom a token names, believed without a look at its signature, issuer and times: for open mode only, in which clients send the tokens
 * that they always send. Throws UNAUTHENTICATED for a text that names nobody.
 */
export function believeToken(token: string, options: ServerOptions): Identity {
  const claims = token.length > options.tokenLengthMax ? undefined : payloadOf(token);
  if (typeof claims !== 'object' || claims === null) throw new PorchlightError('UNAUTHENTICATED', 'The token names nobody.');
  const timeless = { ...claims, exp: undefined, nbf: undefined, iat: undefined };
  const unasked = { jwtIssuer: null, jwtAudience: null, tokenExpiryRequired: false, tokenLifetimeMaxMs: 0 };
  return readClaims(timeless, { ...options, ...unasked }, 0, null);
}

function payloadOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  } catch {
    return undefined;
  }
}
