import { isUserId } from '@porchlight/protocol';
import { type Authenticator, believeToken, type Identity, identityOf } from './authenticate.ts';
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

/** Throws UNAUTHENTICATED for an identity that a sign-out has ended. Its user must be resident. */
export function refuseRevoked(identities: Pick<Identities, 'isRevoked'>, identity: Identity): void {
  if (identities.isRevoked(identity)) throw new PorchlightError('UNAUTHENTICATED', 'The user was signed out; a new token is needed.');
}

export function createIdentities(authenticator: Authenticator, options: ServerOptions, service: PresenceService): Identities {
  const open = options.auth === 'open';
  const startedAt = service.now();
  const revoked = new Revoked(() => service.now());
  // The authenticator remembers tokens that are in use as these very objects.
  const firstSeenAt = new WeakMap<Identity, number>();
  const seen = (identity: Identity) => {
    if (!firstSeenAt.has(identity)) firstSeenAt.set(identity, service.now());
    return identity;
  };
  return {
    open,
    identify(token) {
      if (token === undefined) throw new PorchlightError('UNAUTHENTICATED', 'There is no token.');
      if (open) return believeToken(token, options);
      const identity = authenticator.verify(token);
      return identity instanceof Promise ? identity.then(seen) : seen(identity);
    },
    claim(user, profile) {
      if (!open) throw new PorchlightError('UNAUTHENTICATED', 'There is no token.');
      if (!isUserId(user)) throw new PorchlightError('INVALID_PAYLOAD', 'This is not a user id.');
      return identityOf(user, { profile });
    },
    isRevoked(identity) {
      if (revoked.has(identity)) return true;
      const signedOutAt = service.find(identity.tenant, identity.user)?.signedOutAt ?? null;
      if (signedOutAt === null) return false;
      const issuedAt = identity.issuedAt ?? signedOutAt;
      if (issuedAt > signedOutAt || issuedAt + 1_000 <= signedOutAt) return issuedAt <= signedOutAt;
      // A token names only the second of its issue, or none. Of those that this leaves in doubt, the ones seen before were issued before;
      // of what was seen before this process started nothing is known, and whoever was signed out in that very second signs in once more.
      const seenAt = firstSeenAt.get(identity);
      return (seenAt !== undefined && seenAt <= signedOutAt) || (identity.issuedAt !== null && signedOutAt < startedAt);
    },
    revoke: (identity) => revoked.add(identity),
  };
}

/** So many that are refused are not worth looking through for those that have ended. */
const REVOKED_SMALL = 1_000;

/**
 * Identities that are refused. Those of tokens by what was signed, until the token ends by itself: one that the authenticator has forgotten comes
 * back as another object.
 */
class Revoked {
  readonly #now: () => number;
  readonly #untilAt = new Map<string, number>();
  readonly #unsigned = new WeakSet<Identity>();
  #sweptSize = REVOKED_SMALL;

  constructor(now: () => number) {
    this.#now = now;
  }

  has(identity: Identity): boolean {
    return identity.tokenDigest === null ? this.#unsigned.has(identity) : this.#untilAt.has(identity.tokenDigest);
  }

  add(identity: Identity): void {
    if (identity.tokenDigest === null) return void this.#unsigned.add(identity);
    this.#untilAt.set(identity.tokenDigest, identity.expiresAt ?? Number.POSITIVE_INFINITY);
    if (this.#untilAt.size <= this.#sweptSize) return;
    const now = this.#now();
    for (const [digest, untilAt] of this.#untilAt) if (untilAt <= now) this.#untilAt.delete(digest);
    this.#sweptSize = Math.max(REVOKED_SMALL, 2 * this.#untilAt.size);
  }
}
