import { createSecretKey, type KeyObject } from 'node:crypto';
import type { AuthenticatorOptions } from '../authenticate.ts';
import { createKeySet } from './key-set.ts';
import { canonicalAlgorithm, readPublicKey, type VerificationKey } from './verification-key.ts';

/** All keys that tokens may be signed with. */
export interface KeyRing {
  /** The one key that goes with the algorithm and name in a token's header; undefined when there is none, or more than one would do. */
  find(algorithm: string, id: string | undefined): KeyObject | undefined | Promise<KeyObject | undefined>;
}

type KeyOptions = Pick<AuthenticatorOptions, 'jwtSecret' | 'jwtPublicKey' | 'jwksUrl' | 'jwtAlgorithm' | 'clock' | 'fetch'>;

/**
 * A shared secret verifies HS256 and nothing else, a public key its own algorithm and nothing else: a public key used as a secret, the
 * classic forgery, finds no key here.
 */
export function createKeyRing(options: KeyOptions): KeyRing {
  const { jwtSecret, jwtPublicKey, jwksUrl, jwtAlgorithm, clock } = options;
  const fixed = new Map<string, KeyObject>();
  if (jwtSecret !== null) fixed.set('HS256', createSecretKey(jwtSecret, 'utf8'));
  if (jwtPublicKey !== null) {
    const { algorithm, key }: VerificationKey = readPublicKey(jwtPublicKey, jwtAlgorithm);
    fixed.set(algorithm, key);
  }
  const set =
    jwksUrl === null ? undefined : createKeySet({ url: jwksUrl, rsaAlgorithm: jwtAlgorithm, clock, fetch: options.fetch ?? fetch });

  return {
    find(algorithm, id) {
      const wanted = canonicalAlgorithm(algorithm);
      const key = fixed.get(wanted);
      if (key !== undefined) return key;
      // A set holds public keys only; asking it about HS256 or `none` would only cost a request to the issuer.
      return /^(?:[RPE]S(?:256|384|512)|EdDSA)$/.test(wanted) ? set?.find(wanted, id) : undefined;
    },
  };
}
