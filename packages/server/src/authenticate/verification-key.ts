import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A public key, with the one algorithm that it is used with (RFC 8725 section 3.1: never the one that a token's header asks for). */
export interface VerificationKey {
  algorithm: string;
  /** Null for a key that has no name. */
  id: string | null;
  key: KeyObject;
}

/** Below it RSA is breakable in practice (RFC 7518 section 3.3). */
const RSA_BITS_MIN = 2_048;

const EC_ALGORITHMS = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
]);

/** The only algorithm of a kind of key; for RSA, which has six, `rsaAlgorithm`. Throws when the kind is not supported. */
function algorithmOf(key: KeyObject, rsaAlgorithm: string): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if ((modulusLength ?? 0) < RSA_BITS_MIN)
        throw new Error(`An RSA key needs at least ${RSA_BITS_MIN} bits; this one has ${modulusLength}.`);
      return rsaAlgorithm;
    case 'ec': {
      const algorithm = EC_ALGORITHMS.get(namedCurve ?? '');
      if (algorithm !== undefined) return algorithm;
      throw new Error(`The curve ${namedCurve} is not supported; P-256, P-384 and P-521 are.`);
    }
    case 'ed25519':
      return 'EdDSA';
    default:
      throw new Error(`Keys of the kind ${key.asymmetricKeyType} are not supported; RSA, EC and Ed25519 are.`);
  }
}

const RSA_ALGORITHM = /^[RP]S(?:256|384|512)$/;

/** Ed25519 has two names: the old one, which fits other curves too, and the exact one of RFC 9864. */
export function canonicalAlgorithm(name: string): string {
  return name === 'Ed25519' ? 'EdDSA' : name;
}

/** Reads one JSON Web Key. Throws an Error in words when it cannot be used to verify. */
export function keyFromJwk(jwk: JsonWebKey, rsaAlgorithm: string): VerificationKey {
  const { alg, kid, use, key_ops: operations } = jwk;
  if (jwk.kty === 'oct' || jwk.d !== undefined) throw new Error('This is a secret or private key; only a public one may be given here.');
  if (use !== undefined && use !== 'sig') throw new Error('This key is not for signatures ("use").');
  if (Array.isArray(operations) && !operations.includes('verify')) throw new Error('This key is not for verifying ("key_ops").');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const fromKind = algorithmOf(key, typeof alg === 'string' && RSA_ALGORITHM.test(alg) ? alg : rsaAlgorithm);
  if (alg !== undefined && !(typeof alg === 'string' && canonicalAlgorithm(alg) === fromKind)) {
    throw new Error(`The key names an algorithm ("alg") that does not fit it or is not supported; ${fromKind} would.`);
  }
  return { algorithm: fromKind, id: typeof kid === 'string' ? kid : null, key };
}

function keyFromText(text: string, rsaAlgorithm: string): VerificationKey {
  if (text.startsWith('{')) return keyFromJwk(JSON.parse(text) as JsonWebKey, rsaAlgorithm);
  // Node would quietly derive the public key; the private one has no business on this server.
  if (text.includes('PRIVATE KEY')) throw new Error('This is a private key; only the public one may be given here.');
  const key = createPublicKey(text);
  return { algorithm: algorithmOf(key, rsaAlgorithm), id: null, key };
}

/**
 * Reads the option `jwtPublicKey`: PEM or JWK text, or the path of a file that holds it. Throws an Error that says what is wrong, without
 * quoting the key.
 */
export function readPublicKey(textOrPath: string, rsaAlgorithm: string): VerificationKey {
  const given = textOrPath.trim();
  const isInline = given.startsWith('{') || given.startsWith('-----BEGIN');
  try {
    return keyFromText(isInline ? given : readFileSync(given, 'utf8').trim(), rsaAlgorithm);
  } catch (error) {
    const where = isInline ? 'The text' : `The file ${given}`;
    const reason = error instanceof SyntaxError ? 'It is not JSON.' : error instanceof Error ? error.message : String(error);
    throw new Error(`${where} given as --jwt-public-key cannot be used. ${reason}`, { cause: error });
  }
}
