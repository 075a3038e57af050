/** What a viewer may be told that somebody is. `busy` and `dnd` are chosen by the user, `away` also comes from idleness. */
export const STATUSES = ['online', 'away', 'busy', 'dnd', 'offline'] as const;
export type Status = (typeof STATUSES)[number];

/** What a user may ask to be shown as; `auto` follows the sessions. */
export const AVAILABILITIES = ['auto', 'away', 'busy', 'dnd', 'invisible'] as const;
export type Availability = (typeof AVAILABILITIES)[number];

/**
 * How sure the server is. `recovering`: the server restarted and this user has not yet had the time to come back.
 * `suspect`: the node cannot reach the rest of its cluster, so this is the last it knew.
 */
export type Certainty = 'certain' | 'recovering' | 'suspect';

/** Who may see something of a user. */
export const RULES = ['everyone', 'contacts', 'nobody'] as const;
export type Rule = (typeof RULES)[number];

/**
 * What one viewer may know of one user: the whole of it, redacted for that viewer. A newer record replaces an older one entirely.
 * A hidden user, one who blocked the viewer, one of another tenant and one who never existed all give the same record.
 */
export interface PresenceRecord {
  /** The user's id. */
  id: string;
  /** True for every status but `offline`. */
  online: boolean;
  status: Status;
  /** Epoch milliseconds of the last proof of life that this viewer may know; null when never seen or not shown. */
  lastSeenAt: number | null;
  /** The user was last seen within so many milliseconds from `lastSeenAt` on, and this viewer may know no more; absent when that is exact. */
  lastSeenWithinMs?: number;
  /** Epoch milliseconds of the last input by the person; absent when unknown or not shown. */
  lastActiveAt?: number;
  /** Epoch milliseconds since when the user has been online without a gap; absent when offline or not shown. */
  onlineSinceAt?: number;
  /** The user's own words beside the status. */
  text?: string;
  /** What the user is on, such as `web` or `ios`; absent when unknown or offline. */
  platforms?: string[];
  /** Absent when certain. */
  certainty?: Exclude<Certainty, 'certain'>;
  /**
   * Rises with every change of this record that this viewer is told; 0 for a user who is hidden, was never seen, or is shown coarsely.
   * After a start of the server (another `epoch`) it counts anew, and may be lower.
   */
  version: number;
}

/** A user's own settings, as only the user and the app's back end see them. */
export interface Settings {
  availability: Availability;
  /** Epoch milliseconds at which `availability` and `text` end; null for never. */
  availabilityUntilAt: number | null;
  text: string | null;
  /** Who may see whether the user is online. */
  onlineRule: Rule;
  /** Who may see when the user was last seen. */
  lastSeenRule: Rule;
  /** Who may see in which bucket of time that was, of those whom the two other rules show nothing. */
  coarseLastSeenRule: Rule;
  /** True when nothing of the user's presence may be recorded or shown. */
  optedOut: boolean;
}
