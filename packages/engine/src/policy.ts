import type { Availability, Rule } from '@porchlight/protocol';

/** The engine's parameters; durations in milliseconds. */
export interface EngineOptions {
  /** How long a connection that was lost, not closed, may stay away before anyone is told. */
  graceMs: number;
  /** How long nobody may touch anything before a session counts as away. */
  awayAfterMs: number;
  /** After how long without a word from the page it is asked for a sign of life. */
  signOfLifeMs: number;
  /** How long it has to answer before the session is suspect, which counts as away. */
  signOfLifeAnswerMs: number;
  /** After how long an indicator of typing ends by itself. */
  typingMs: number;
  /** Who may see a user who never set a rule. */
  onlineRule: Rule;
  lastSeenRule: Rule;
  coarseLastSeenRule: Rule;
  /** How exact a time is for those who see it coarsely: buckets of this length since the epoch, a day of UTC each by default. */
  lastSeenBucketMs: number;
}

export const ENGINE_DEFAULTS: Readonly<EngineOptions> = Object.freeze({
  graceMs: 15_000,
  awayAfterMs: 300_000,
  signOfLifeMs: 90_000,
  signOfLifeAnswerMs: 30_000,
  typingMs: 6_000,
  onlineRule: 'everyone',
  lastSeenRule: 'everyone',
  coarseLastSeenRule: 'nobody',
  lastSeenBucketMs: 86_400_000,
});

/** Who may see what of a user. */
export type Rules = Pick<EngineOptions, 'onlineRule' | 'lastSeenRule' | 'coarseLastSeenRule'>;

/** The same with whom it concerns. Never changed in place, so that what held before a change can still be asked after it. */
export interface Policy {
  readonly onlineRule: Rule;
  readonly lastSeenRule: Rule;
  /** Who, of those whom neither of these allows anything, may see when the user was last seen, but only in which bucket of time. */
  readonly coarseLastSeenRule: Rule;
  /** Nothing is recorded or shown. */
  readonly optedOut: boolean;
  /** Null when empty: most users have neither, and a million empty sets are 200 MB. */
  readonly contacts: ReadonlySet<string> | null;
  readonly blocked: ReadonlySet<string> | null;
}

/** What a user says of themselves, until a time. */
export interface Claim {
  readonly availability: Availability;
  readonly text: string | null;
  /** Epoch milliseconds; Infinity for as long as it is not changed. */
  readonly untilAt: number;
}

export const NO_CLAIM: Claim = Object.freeze({ availability: 'auto', text: null, untilAt: Number.POSITIVE_INFINITY });
