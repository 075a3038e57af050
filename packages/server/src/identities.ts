import { type Authenticator, believeToken, type Identity } from './authenticate.ts';
import { PorchlightError } from './errors.ts';
import type { ServerOptions } from './options.ts';
import type { PresenceService } from './presence-service.ts';

/** Who may sign in: whoever brings a valid token that was not revoked; in open mode also whoever claims an id. */
export interface Identities {
  readonly open: boolean;
  /** Throws, or rejects with, UNAUTHENTICATED. In open mode a token is believed unread but for whom it names. */
  identify(token: string | undefined): Identity | Promise<Identity>;
  /** A user who is believed without a token; only in open mode, else UNAUTHENTICATED; INVALID_PAYLOAD for what is no id. */
  claim(user: string, profile: Readonly<Record<string, string>>): Identity;
  /** Whether a sign-out since has ended this identity. Its user must be resident. */
  isRevoked(identity: Identity): boolean;
  /** This identity is refused from now on. */
  revoke(identity: Identity): void;
}

export function createIdentities(authenticator: Authenticator, options: ServerOptions, service: PresenceService): Identities {
  // A sign-out ends every token issued in an earlier second; of those issued in the same second it ends the ones that were in use, which
  // the authenticator remembers as these very objects.
  const open = options.auth === 'open';
  const revoked = new WeakSet<Identity>();
  return {
    open,
    identify(token) {
      if (token === undefined) throw new PorchlightError('UNAUTHENTICATED', 'There is no token.');
      return open ? believeToken(token, options) : authenticator.verify(token);
    },
    claim(user, profile) {
      if (!open) throw new PorchlightError('UNAUTHENTICATED', 'There is no token.');
      return { tenant: 'default', user, profile, scopes: [], expiresAt: null, issuedAt: null, tokenId: null, loginId: null };
    },
    isRevoked(identity) {
      if (revoked.has(identity)) return true;
      const signedOutAt = service.find(identity.tenant, identity.user)?.signedOutAt ?? null;
      return signedOutAt !== null && identity.issuedAt !== null && identity.issuedAt + 1_000 <= signedOutAt;
    },
    revoke: (identity) => void revoked.add(identity),
  };
}
