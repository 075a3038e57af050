import { createHmac, generateKeyPairSync } from 'node:crypto';
import { type AuthenticatorOptions, createAuthenticator, type Identity } from '../authenticate.ts';
import { createManualClock } from '../clock.ts';
import { PorchlightError } from '../errors.ts';
import { completeOptions, type ServerOptions } from '../options.ts';

/*
 * For the tests of sign-in: tokens of any make, and an authenticator on a clock that stands still.
 */

export const SECRET = 'a secret that is long enough for HS256!';
export const HOUR_MS = 3_600_000;

export const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token of exactly these parts, whatever they are: for what no honest library would make. */
export function forge(header: unknown, payload: unknown, secret: string | Buffer = SECRET, hash = 'sha256'): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

export function setup(given: Partial<ServerOptions> = {}, extra: Pick<AuthenticatorOptions, 'fetch'> = {}) {
  const clock = createManualClock();
  const options = completeOptions({ jwtSecret: SECRET, ...given });
  const authenticator = createAuthenticator({ ...options, clock, ...extra });
  const seconds = Math.floor(clock.now() / 1_000);
  const claims = { sub: 'alice', exp: seconds + 3_600 };
  const verify = async (token: string): Promise<Identity> => authenticator.verify(token);
  /** The reason for which a token is refused; throws when it is not. */
  const reasonFor = async (token: unknown): Promise<string> => {
    const error: unknown = await Promise.resolve()
      .then(() => authenticator.verify(token as string))
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    if (!(error instanceof PorchlightError)) throw new Error(`accepted, or failed otherwise: ${String(error)}`);
    if (error.code !== 'UNAUTHENTICATED') throw new Error(`refused with ${error.code}`, { cause: error });
    return error.message;
  };
  return { clock, options, authenticator, seconds, claims, verify, reasonFor };
}

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
