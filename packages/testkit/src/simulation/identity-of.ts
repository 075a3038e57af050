import type { Identity } from '@porchlight/server';

/** Somebody who is signed in, of whom nothing but the id is known. */
export const identityOf = (user: string): Identity => ({
  tenant: 'default',
  user,
  profile: {},
  scopes: [],
  expiresAt: null,
  issuedAt: null,
  tokenId: null,
  loginId: null,
  tokenDigest: null,
});
