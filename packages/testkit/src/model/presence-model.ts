import { type Availability, RULES, type Rule, type Status } from '@porchlight/protocol';

/*
 * What presence is, as the invariants say it, in as few words as possible and without a look at the engine: a set of devices a user, a
 * deadline for each that is gone, and the rules. Slow on purpose: everything is worked out anew whenever it is asked.
 */

export const MODEL_TIMES = { graceMs: 15_000, awayAfterMs: 300_000, leaseMs: 300_000, bucketMs: 300_000 };

interface ModelDevice {
  kind: 'link' | 'lease';
  shown: boolean;
  background: boolean;
  activeAt: number;
  /** When it stops counting; Infinity while it is connected. */
  untilAt: number;
}

class ModelUser {
  readonly devices = new Map<string, ModelDevice>();
  availability: Availability = 'auto';
  onlineRule: Rule = 'everyone';
  lastSeenRule: Rule = 'everyone';
  /** For some, sometimes: what nobody may see is not held back. */
  coarseLastSeenRule: Exclude<Rule, 'nobody'> = 'everyone';
  /** Every proof of life that others could have seen, had the rules allowed it. */
  readonly publicProofs: number[] = [];
  readonly contacts = new Set<string>();
  readonly blocked = new Set<string>();
  /** Last proof of life. */
  seenAt: number | null = null;
  /** The same, as those are told who see the user offline: of the time when they last could have seen the user online. */
  publicSeenAt: number | null = null;
  /** When the user last stopped hiding: others are told nothing from before. */
  revealedAt = 0;

  /** Last proof of life that others may know of while they see the user online. */
  get shownSeenAt(): number | null {
    return this.seenAt !== null && this.seenAt < this.revealedAt ? this.publicSeenAt : this.seenAt;
  }
}

/** What one viewer may know. */
export interface ModelView {
  status: Status;
  lastSeenAt: number | null;
  lastSeenWithinMs: number | null;
}

const UNKNOWN: ModelView = { status: 'offline', lastSeenAt: null, lastSeenWithinMs: null };

export class PresenceModel {
  now: number;
  readonly #users = new Map<string, ModelUser>();

  constructor(now: number) {
    this.now = now;
  }

  user(id: string): ModelUser {
    const user = this.#users.get(id) ?? new ModelUser();
    this.#users.set(id, user);
    return user;
  }

  /** What a device does or what becomes of it; `false` when nothing can. */
  begin(id: string, name: string, kind: 'link' | 'lease', background = false): void {
    const known = this.user(id).devices.get(name);
    const activeAt = background && known !== undefined ? known.activeAt : this.now;
    const untilAt = kind === 'lease' ? this.now + MODEL_TIMES.leaseMs : Number.POSITIVE_INFINITY;
    this.user(id).devices.set(name, { kind, shown: true, background, activeAt, untilAt });
    this.#prove(id);
  }

  lose(id: string, name: string): void {
    const device = this.user(id).devices.get(name);
    if (device !== undefined) device.untilAt = this.now + MODEL_TIMES.graceMs;
  }

  end(id: string, name: string, isProof: boolean): void {
    const user = this.user(id);
    const device = user.devices.get(name);
    if (device?.shown === true && isProof) this.#prove(id);
    this.#changing(id, () => user.devices.delete(name));
  }

  act(id: string, name: string): void {
    const device = this.user(id).devices.get(name);
    if (device === undefined) return;
    device.activeAt = this.now;
    if (device.shown) this.#prove(id);
  }

  show(id: string, name: string, shown: boolean): void {
    const device = this.user(id).devices.get(name);
    if (device === undefined || device.shown === shown) return;
    this.#prove(id);
    if (shown) device.activeAt = this.now;
    this.#changing(id, () => {
      device.shown = shown;
    });
  }

  /** A setting or relation changes. */
  set(id: string, change: (user: ModelUser) => void): void {
    this.#changing(id, () => change(this.user(id)));
  }

  wait(ms: number): void {
    const end = this.now + ms;
    // Ends one after the other, each in its own time.
    for (;;) {
      const dues = [...this.#users].flatMap(([id, user]) => [...user.devices].map(([name, { untilAt }]) => ({ id, name, untilAt })));
      const due = dues.filter(({ untilAt }) => untilAt <= end).sort((a, b) => a.untilAt - b.untilAt)[0];
      if (due === undefined) break;
      this.now = due.untilAt;
      this.end(due.id, due.name, false);
    }
    this.now = end;
  }

  view(viewer: string, id: string): ModelView {
    const user = this.user(id);
    const isSelf = viewer === id;
    if (!isSelf && user.blocked.has(viewer)) return UNKNOWN;
    const allows = (rule: Rule) => isSelf || rule === 'everyone' || (rule === 'contacts' && user.contacts.has(viewer));
    if (!allows(user.onlineRule) && !allows(user.lastSeenRule)) return allows(user.coarseLastSeenRule) ? this.#coarse(user) : UNKNOWN;
    const status = this.#status(user);
    const seesLive = status !== 'offline' && allows(user.onlineRule) && (isSelf || user.availability !== 'invisible');
    const seenAt = isSelf ? user.seenAt : seesLive ? user.shownSeenAt : user.publicSeenAt;
    return { status: seesLive ? status : 'offline', lastSeenAt: allows(user.lastSeenRule) ? seenAt : null, lastSeenWithinMs: null };
  }

  /** In buckets, of the two youngest not in which, and nothing of the one that is not over. */
  #coarse({ publicProofs }: ModelUser): ModelView {
    const { bucketMs } = MODEL_TIMES;
    const startAt = Math.floor(this.now / bucketMs) * bucketMs;
    const proof = publicProofs.findLast((at) => at < startAt);
    if (proof === undefined) return UNKNOWN;
    const isRecent = proof >= startAt - bucketMs;
    return {
      status: 'offline',
      lastSeenAt: Math.floor(proof / bucketMs) * bucketMs,
      lastSeenWithinMs: isRecent ? 2 * bucketMs : bucketMs,
    };
  }

  #status({ devices, availability }: ModelUser): Status {
    const counted = [...devices.values()].filter(({ shown }) => shown);
    if (counted.length === 0) return 'offline';
    if (availability === 'busy' || availability === 'dnd' || availability === 'away') return availability;
    const isAwake = counted.some(({ activeAt, background }) => !background && this.now - activeAt < MODEL_TIMES.awayAfterMs);
    return isAwake ? 'online' : 'away';
  }

  #prove(id: string): void {
    const user = this.user(id);
    user.seenAt = this.now;
    if (!isInvisible(user)) user.publicProofs.push(this.now);
  }

  // Whoever goes, hides or lets fewer people see, leaves for the public at that moment; while hidden, nothing newer is shown.
  #changing(id: string, change: () => void): void {
    const user = this.user(id);
    const before = {
      online: this.#status(user) !== 'offline',
      invisible: isInvisible(user),
      hides: hidesMore(user),
      friends: user.contacts.size,
    };
    change();
    if (before.invisible && !isInvisible(user)) {
      user.revealedAt = this.now;
      // Within the instant nothing is earlier.
      if (before.online && user.seenAt === this.now) user.publicProofs.push(this.now);
    }
    if (!before.online) return;
    const isGone = !before.invisible && this.#status(user) === 'offline';
    const isVeiled = (isInvisible(user) && !before.invisible) || hidesMore(user) > before.hides;
    const dropsFriend = user.onlineRule === 'contacts' && user.contacts.size < before.friends;
    if (isGone || ((isVeiled || dropsFriend) && !before.invisible)) user.publicSeenAt = user.shownSeenAt;
  }
}

const isInvisible = ({ availability }: ModelUser) => availability === 'invisible';
const hidesMore = ({ onlineRule }: ModelUser) => RULES.indexOf(onlineRule);
