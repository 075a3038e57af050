import type { Clock } from './clock.ts';
import { PorchlightError } from './errors.ts';
import type { ServerOptions } from './options.ts';
import { createTokenBuckets, type TokenBuckets } from './token-buckets.ts';
import { keyOf, type UserName } from './user-name.ts';

/** Keys that each rate remembers: about 100 bytes each. */
const KEYS_MAX = 200_000;

/** Counts connections and rates, of the process, of each address and of each user, and refuses what goes over a limit. */
export class Admission {
  readonly #options: ServerOptions;
  readonly #byAddress = new Map<string, AddressCounts>();
  readonly #connects: TokenBuckets;
  readonly #messages: TokenBuckets;
  readonly #changes: TokenBuckets;
  readonly #heartbeats: TokenBuckets;
  readonly #ids: TokenBuckets;
  #connections = 0;

  readonly #onLimited: (limit: string) => void;
  readonly #departed = ({ address, connections }: AddressCounts): void => {
    this.#connections -= 1;
    if (connections === 0) this.#byAddress.delete(address);
  };

  /** `onLimited` is told the name of each limit that somebody met. */
  constructor(options: ServerOptions, clock: Clock, onLimited: (limit: string) => void = () => {}) {
    this.#options = options;
    this.#onLimited = onLimited;
    const rate = (burst: number, perMinute: number) => createTokenBuckets({ burst, perMinute, keysMax: KEYS_MAX, clock });
    this.#connects = rate(options.connectsBurstMax, options.connectsPerMinuteMax);
    this.#messages = rate(options.messagesBurstMax, options.messagesPerMinuteMax);
    this.#changes = rate(options.changesBurstMax, options.changesPerMinuteMax);
    this.#heartbeats = rate(options.heartbeatsBurstMax, options.heartbeatsPerMinuteMax);
    this.#ids = rate(options.idsBurstMax, options.idsPerMinuteMax);
  }

  /** How many have arrived and not departed. */
  get connectionCount(): number {
    return this.#connections;
  }

  get unauthenticatedCount(): number {
    let count = 0;
    for (const { unauthenticated } of this.#byAddress.values()) count += unauthenticated;
    return count;
  }

  /** Counts a connection that has not signed in yet; throws UNAVAILABLE or RATE_LIMITED. Give it back with `depart`. */
  arrive(address: string): Arriving {
    const counts = this.#byAddress.get(address) ?? { address, connections: 0, unauthenticated: 0 };
    if (this.#connections >= this.#options.connectionsMax) {
      this.#onLimited('connections');
      throw new PorchlightError('UNAVAILABLE', undefined, { retryAfterMs: 5_000 });
    }
    if (
      counts.connections >= this.#options.connectionsPerAddressMax ||
      counts.unauthenticated >= this.#options.unauthenticatedPerAddressMax
    ) {
      this.#onLimited('connections-per-address');
      throw new PorchlightError('RATE_LIMITED', 'Too many connections from this address.', { retryAfterMs: 5_000 });
    }
    this.#grant('connects', this.#connects.take(address));
    this.#byAddress.set(address, counts);
    this.#connections += 1;
    counts.connections += 1;
    counts.unauthenticated += 1;
    return new CountedArrival(counts, this.#departed);
  }

  /** Throws RATE_LIMITED when a user has that many connections already. */
  admitUser(connections: number): void {
    if (connections < this.#options.connectionsPerUserMax) return;
    this.#onLimited('connections-per-user');
    throw new PorchlightError('RATE_LIMITED', 'Too many connections of this user.', { retryAfterMs: 5_000 });
  }

  /** Milliseconds until a message of this user, or of this address before sign-in, may be taken; 0 for now. */
  message(who: UserName | null, address: string): number {
    const waitMs = this.#messages.take(who === null ? address : keyOf(who));
    if (waitMs > 0) this.#onLimited('messages');
    return waitMs;
  }

  /** Throws RATE_LIMITED. */
  change(who: UserName): void {
    this.#grant('changes', this.#changes.take(keyOf(who)));
  }

  heartbeat(who: UserName): void {
    this.#grant('heartbeats', this.#heartbeats.take(keyOf(who)));
  }

  /** Throws TOO_MANY_IDS for more than one question may name, and RATE_LIMITED for more than may be asked over time. */
  ids(who: UserName | null, address: string, count: number): void {
    if (count > this.#options.idsMax) throw new PorchlightError('TOO_MANY_IDS', `At most ${this.#options.idsMax} ids at a time.`);
    if (count > 0) this.#grant('ids', this.#ids.take(who === null ? address : keyOf(who), count));
  }

  #grant(limit: string, waitMs: number): void {
    if (waitMs === 0) return;
    this.#onLimited(limit);
    if (waitMs === Number.POSITIVE_INFINITY) throw new PorchlightError('TOO_MANY_IDS', 'More than may ever be asked at once.');
    throw new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs: Math.ceil(waitMs) });
  }
}

/** A counted connection; both members may be called repeatedly. */
export interface Arriving {
  signedIn(): void;
  depart(): void;
}

interface AddressCounts {
  readonly address: string;
  connections: number;
  unauthenticated: number;
}

// A class, as there is one for every connection: its functions would cost 180 bytes each time.
class CountedArrival implements Arriving {
  readonly #counts: AddressCounts;
  readonly #onDeparted: (counts: AddressCounts) => void;
  #isSignedIn = false;
  #isDeparted = false;

  constructor(counts: AddressCounts, onDeparted: (counts: AddressCounts) => void) {
    this.#counts = counts;
    this.#onDeparted = onDeparted;
  }

  signedIn(): void {
    if (!this.#isSignedIn && !this.#isDeparted) this.#counts.unauthenticated -= 1;
    this.#isSignedIn = true;
  }

  depart(): void {
    if (this.#isDeparted) return;
    this.signedIn();
    this.#isDeparted = true;
    this.#counts.connections -= 1;
    this.#onDeparted(this.#counts);
  }
}
