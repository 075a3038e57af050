import { hash } from 'node:crypto';
import { parseApiKey } from '../options/check.ts';

export interface ApiKeys {
  /** The tenant that a back end's key belongs to; undefined when there is no such key. */
  tenantOf(key: string): string | undefined;
}

const digestOf = (key: string) => hash('sha256', key, 'base64');

/**
 * The keys of back ends, from the option `apiKeys`. They are looked up by digest, so how long a wrong one takes says nothing about how much
 * of it is right.
 */
export function createApiKeys(entries: readonly string[]): ApiKeys {
  const tenants = new Map<string, string>();
  for (const entry of entries) {
    const parsed = parseApiKey(entry);
    if (parsed === undefined) throw new Error('An API key has another form than "key" or "tenant:key".');
    tenants.set(digestOf(parsed.key), parsed.tenant);
  }
  return { tenantOf: (key) => (key.length > 256 ? undefined : tenants.get(digestOf(key))) };
}
