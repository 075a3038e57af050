import type { Session } from '@porchlight/engine';
import type { Admission } from './admission.ts';
import type { Identity } from './authenticate.ts';
import type { Counting } from './counting.ts';
import type { LeaseDetails } from './dialects/dialect.ts';
import { PorchlightError } from './errors.ts';
import { type Identities, refuseRevoked } from './identities.ts';
import type { PresenceService } from './presence-service.ts';

interface LeasesOptions {
  service: PresenceService;
  identities: Identities;
  admission: Admission;
  leaseMs: number;
  counting: Pick<Counting, 'ended'>;
}

/**
 * Sessions of clients that have no connection: each heartbeat over HTTP is a lease. A user has one for each sign-in that the token tells
 * apart (its `sid`), so that logging out on one device does not end the other; tokens that tell none apart share one.
 */
export class Leases {
  readonly #options: LeasesOptions;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** Renews the caller's lease, or begins one; undefined, not a promise, when the user is resident. Throws RATE_LIMITED, UNAUTHENTICATED. */
  heartbeat(identity: Identity, dialect: string, details: LeaseDetails): Promise<void> | undefined {
    this.#options.admission.heartbeat(identity);
    const loading = this.#options.service.load(identity.tenant, [identity.user]);
    if (loading !== undefined) return loading.then(() => this.#renew(identity, dialect, details));
    this.#renew(identity, dialect, details);
    return undefined;
  }

  /** Ends the caller's lease at once. Ending none is no error. */
  async logout(identity: Identity): Promise<void> {
    this.#options.admission.heartbeat(identity);
    await this.#options.service.load(identity.tenant, [identity.user]);
    for (let lease = this.#find(identity), last: Session | undefined; lease !== undefined; lease = this.#find(identity)) {
      // A node that closes takes nothing in any more, and would be asked to end this one for ever.
      if (lease === last) throw new PorchlightError('UNAVAILABLE', 'The server is closing.', { retryAfterMs: 1_000 });
      last = lease;
      this.#options.service.step({ type: 'leave', session: lease.number, reason: 'left' });
      this.#options.counting.ended('left');
    }
    this.#options.service.endElsewhere(identity.tenant, identity.user, leaseKey(identity));
  }

  #renew(identity: Identity, dialect: string, { platform, appVersion, device, screen, background }: LeaseDetails): void {
    const { service, identities, leaseMs } = this.#options;
    refuseRevoked(identities, identity);
    const lease = this.#find(identity);
    if (lease !== undefined) {
      const known = {
        ...(platform && { platform }),
        ...(appVersion && { appVersion }),
        ...(device && { device }),
        ...(screen && { screen }),
      };
      service.step({ type: 'renew', session: lease.number, leaseMs, background, details: known });
      return;
    }
    service.step({
      type: 'open',
      session: service.nextSession(),
      tenant: identity.tenant,
      user: identity.user,
      kind: 'lease',
      details: { dialect, platform: platform ?? null, appVersion: appVersion ?? null, device: device ?? null, screen: screen ?? null },
      deviceKey: leaseKey(identity),
      leaseMs,
      background,
      profile: identity.profile,
    });
  }

  // A lease taken over from an earlier process does not say which sign-in it was.
  #find(identity: Identity): Session | undefined {
    const key = leaseKey(identity);
    const user = this.#options.service.find(identity.tenant, identity.user);
    for (let session = user?.firstSession ?? null; session !== null; session = session.next)
      if (session.kind === 'lease' && (session.deviceKey === key || session.recovered)) return session;
    return undefined;
  }
}

const leaseKey = (identity: Identity) => `lease ${identity.loginId ?? ''}`;
