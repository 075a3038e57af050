import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { PorchlightError } from '../errors.ts';
import { keyFromJwk, type VerificationKey } from './verification-key.ts';

/** How long a fetched set is used without asking again. */
const FRESH_MS = 600_000;
/** How long a set that cannot be renewed is still used: an issuer that is down must not sign everybody out. */
const STALE_MS = 86_400_000;
/** Least time between two requests, answered or not: made-up key names must not become a flood against the issuer. */
const COOL_DOWN_MS = 30_000;
const TIMEOUT_MS = 5_000;
const BYTES_MAX = 262_144;
const KEYS_MAX = 100;

interface KeySetOptions {
  url: string;
  rsaAlgorithm: string;
  clock: Pick<Clock, 'now'>;
  fetch: typeof fetch;
}

export interface KeySet {
  /** The one key of that algorithm and name. Rejects with UNAVAILABLE while no keys could be fetched. */
  find(algorithm: string, id: string | undefined): Promise<KeyObject | undefined>;
}

/** Reads a body up to `BYTES_MAX`, whatever its headers promise. */
async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > BYTES_MAX) throw new Error(`The key set is larger than ${BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Fetches and reads a JSON Web Key Set (RFC 7517 section 5). Keys that cannot be used here are left out, as the RFC asks. */
export async function fetchKeys({ url, rsaAlgorithm, fetch }: Omit<KeySetOptions, 'clock'>): Promise<VerificationKey[]> {
  const headers = { accept: 'application/jwk-set+json, application/json' };
  // Redirects are not followed: the keys come from the address that was configured.
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (response.status !== 200) throw new Error(`The key set's address answered ${response.status}.`);
  const set: unknown = JSON.parse(await readBounded(response));
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('The answer is not a JSON Web Key Set: it has no list of keys.');
  return keys.slice(0, KEYS_MAX).flatMap((jwk: unknown) => {
    try {
      return typeof jwk === 'object' && jwk !== null ? [keyFromJwk(jwk as JsonWebKey, rsaAlgorithm)] : [];
    } catch {
      return [];
    }
  });
}

/** The issuer's current keys, fetched when first needed, when they are old, and when a token names one that is not known. */
export function createKeySet({ url, rsaAlgorithm, clock, fetch }: KeySetOptions): KeySet {
  let keys: VerificationKey[] | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  let failure: unknown;

  async function ask() {
    askedAt = clock.now();
    try {
      keys = await fetchKeys({ url, rsaAlgorithm, fetch });
      fetchedAt = clock.now();
    } catch (error) {
      failure = error;
    } finally {
      asking = undefined;
    }
  }

  /** Everybody who waits for keys waits for the same request. */
  async function renew() {
    if (asking === undefined && clock.now() - askedAt >= COOL_DOWN_MS) asking = ask();
    await asking;
  }

  function pick(algorithm: string, id: string | undefined): KeyObject | undefined {
    const fitting = keys?.filter((each) => each.algorithm === algorithm && (id === undefined || each.id === id));
    return fitting?.length === 1 ? fitting[0]?.key : undefined;
  }

  return {
    async find(algorithm, id) {
      // While there is a key that fits, a renewal goes on in the background and nobody waits for it.
      if (clock.now() - fetchedAt >= FRESH_MS) void renew();
      if (pick(algorithm, id) === undefined) await renew();
      if (keys === undefined || clock.now() - fetchedAt >= STALE_MS) {
        const message = "The sign-in service's keys cannot be fetched; try again after the time given.";
        throw new PorchlightError('UNAVAILABLE', message, { retryAfterMs: COOL_DOWN_MS, cause: failure });
      }
      return pick(algorithm, id);
    },
  };
}
