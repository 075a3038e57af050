import { Timed } from './deadlines.ts';
import type { User } from './user.ts';

/** What a client said of itself when it signed in. */
export interface SessionDetails {
  /** The dialect it speaks. */
  dialect: string;
  platform: string | null;
  appVersion: string | null;
  device: string | null;
  screen: string | null;
}

/**
 * One live connection (`link`) or one HTTP lease of a user.
 *
 *   live ──lost──▶ lost (in its grace) ──resume──▶ live
 *     │              └──grace over, or another session of the same device──▶ ended
 *     └──left, signed out, lease over──▶ ended
 *
 * An ended session is no longer reachable from its user; ending it again, or late, does nothing.
 */
export class Session extends Timed {
  next: Session | null = null;
  state: 'live' | 'lost' | 'ended' = 'live';
  /** False while the client asks to appear offline on this session. */
  shown = true;
  background = false;
  /** The page was asked for a sign of life and gave none. */
  suspect = false;
  asked = false;
  /** The page can be asked for one. */
  answersPing = false;
  /** As last settled: nobody has touched anything for a while, in the background, or suspect. */
  away = false;
  /** Taken over from a process that ended. */
  recovered = false;
  /** End of the lease, or of the grace while lost; Infinity for a link that is alive. */
  untilAt = Number.POSITIVE_INFINITY;
  /** When the page is next asked for a sign of life, or found not to have answered. */
  lifeDueAt = Number.POSITIVE_INFINITY;
  endReason: string | null = null;
  /** Its name in the store, where an earlier process gave it one; opaque to the engine. */
  storedId: string | null = null;
  readonly number: number;
  readonly user: User;
  readonly kind: 'link' | 'lease';
  readonly details: SessionDetails;
  /** A session of the same device that comes back replaces its lost forerunner; null when the device is not known. */
  readonly deviceKey: string | null;
  readonly graceMs: number;
  startedAt: number;
  seenAt: number;
  activeAt: number;

  constructor(
    number: number,
    user: User,
    kind: 'link' | 'lease',
    details: SessionDetails,
    deviceKey: string | null,
    graceMs: number,
    now: number,
  ) {
    super();
    this.number = number;
    this.user = user;
    this.kind = kind;
    this.details = details;
    this.deviceKey = deviceKey;
    this.graceMs = graceMs;
    this.startedAt = now;
    this.seenAt = now;
    this.activeAt = now;
  }
}
