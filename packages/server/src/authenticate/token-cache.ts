import type { Identity } from '../authenticate.ts';

export interface TokenCache {
  /** The identity of a token verified before; undefined when it is not known or has ended by `now`. */
  find(digest: string, now: number): Identity | undefined;
  add(digest: string, identity: Identity): void;
  size(): number;
}

/**
 * Verified tokens in bounded memory: two generations, of which the older is forgotten when the younger is full. What is used moves to the
 * younger, so what is forgotten has been unused for at least `tokensMax / 2` other tokens.
 */
export function createTokenCache(tokensMax: number): TokenCache {
  const generationMax = Math.ceil(tokensMax / 2);
  let young = new Map<string, Identity>();
  let old = new Map<string, Identity>();

  function add(digest: string, identity: Identity) {
    if (generationMax === 0) return;
    if (young.size >= generationMax) {
      old = young;
      young = new Map();
    }
    young.set(digest, identity);
  }

  function findAged(digest: string): Identity | undefined {
    const identity = old.get(digest);
    if (identity === undefined) return undefined;
    old.delete(digest);
    add(digest, identity);
    return identity;
  }

  return {
    find(digest, now) {
      const identity = young.get(digest) ?? findAged(digest);
      if (identity === undefined) return undefined;
      if (identity.expiresAt === null || now < identity.expiresAt) return identity;
      young.delete(digest);
      return undefined;
    },
    add,
    size: () => young.size + old.size,
  };
}
