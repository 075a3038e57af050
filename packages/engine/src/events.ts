import type { Availability, Rule } from '@porchlight/protocol';
import type { Held } from './coarse.ts';
import type { Rules } from './policy.ts';
import type { Facts, Slot } from './presence.ts';
import type { Session, SessionDetails } from './session.ts';
import type { User } from './user.ts';

/** What a store holds of a user; the engine takes it over when it first hears of the user. Times are epoch milliseconds. */
export interface LoadedUser {
  user: string;
  seenAt: number | null;
  activeAt: number | null;
  restingSeenAt: number | null;
  restingActiveAt: number | null;
  /** Until `coarseUntilAt` those who see last seen in buckets are shown this instead; null for never. */
  coarseSeenAt: number | null;
  coarseUntilAt: number | null;
  availability: Availability;
  availabilityUntilAt: number | null;
  text: string | null;
  onlineRule: Rule;
  lastSeenRule: Rule;
  coarseLastSeenRule: Rule;
  optedOut: boolean;
  signedOutAt: number | null;
  contacts: readonly string[];
  blocked: readonly string[];
  profile: Readonly<Record<string, string | undefined>> | null;
}

/** What those who see buckets are shown for now, as it is stored. */
export function heldOf({ coarseSeenAt, coarseUntilAt }: LoadedUser): Held | null {
  return coarseUntilAt === null ? null : { seenAt: coarseSeenAt, untilAt: coarseUntilAt };
}

/** A user of whom the store holds nothing, under the rules of those who never set one. */
export function neverStored(user: string, rules: Rules): LoadedUser {
  return {
    user,
    seenAt: null,
    activeAt: null,
    restingSeenAt: null,
    restingActiveAt: null,
    coarseSeenAt: null,
    coarseUntilAt: null,
    availability: 'auto',
    availabilityUntilAt: null,
    text: null,
    onlineRule: rules.onlineRule,
    lastSeenRule: rules.lastSeenRule,
    coarseLastSeenRule: rules.coarseLastSeenRule,
    optedOut: false,
    signedOutAt: null,
    contacts: [],
    blocked: [],
    profile: null,
  };
}

/**
 * Everything that can happen. Users must have been `loaded` before another event names them; an event for a session that has ended,
 * or was never opened, does nothing.
 */
export type EngineEvent =
  /** What the store holds of these users; for those it never heard of, `neverStored`. Of a user known already it changes nothing. */
  | { type: 'loaded'; tenant: string; users: readonly LoadedUser[] }
  /**
   * What the store holds of these users by now, where other nodes write to it too: settings, relations and a sign-out are taken over,
   * times only where they are later. Of a user who is not here it changes nothing.
   */
  | { type: 'reloaded'; tenant: string; users: readonly LoadedUser[] }
  | {
      type: 'open';
      /** Chosen by the shell; never used again. */
      session: number;
      tenant: string;
      user: string;
      kind: 'link' | 'lease';
      details: SessionDetails;
      deviceKey: string | null;
      /** How long a lease lasts without renewal; ignored for links. */
      leaseMs?: number;
      /** In place of the engine's own, for this session. */
      graceMs?: number;
      /** The page can be asked for a sign of life. */
      answersPing?: boolean;
      background?: boolean;
      profile?: Readonly<Record<string, string | undefined>> | null;
    }
  /** A proof of life: of the page (a message) or only of its link (a pong). */
  | { type: 'alive'; session: number; of: 'page' | 'link' }
  /** The person did something `idleMs` ago. */
  | { type: 'activity'; session: number; idleMs: number; background?: boolean; screen?: string }
  /** More became known of the client; nobody is told. */
  | {
      type: 'describe';
      session: number;
      details: Partial<Pick<SessionDetails, 'dialect' | 'appVersion' | 'device' | 'screen'>>;
      /** What lists show of the person from now on. */
      profile?: Readonly<Record<string, string | undefined>>;
    }
  /** A lease is renewed, from its last heartbeat. Details that are undefined stay. */
  | { type: 'renew'; session: number; leaseMs: number; background: boolean; details: Partial<SessionDetails> }
  /** The link broke without a goodbye. */
  | { type: 'lost'; session: number; graceMs?: number }
  /** The same session is back on a new link. */
  | { type: 'resume'; session: number }
  /** The session ends now: `left` by its client, `signed-out`, `revoked`; `elsewhere` when another node heard of it: here it is no sign of life. */
  | { type: 'leave'; session: number; reason: string; elsewhere?: boolean }
  /** Every session of a user ends now. */
  | { type: 'sign-out'; tenant: string; user: string; reason: string }
  /** The client asks to appear offline on this session, or not any more. */
  | { type: 'show'; session: number; shown: boolean }
  | {
      type: 'settings';
      tenant: string;
      user: string;
      availability?: Availability;
      text?: string | null;
      /** Epoch milliseconds; null for no end. */
      untilAt?: number | null;
      onlineRule?: Rule;
      lastSeenRule?: Rule;
      coarseLastSeenRule?: Rule;
      optedOut?: boolean;
    }
  | { type: 'relate'; tenant: string; user: string; kind: 'contact' | 'block'; others: readonly string[]; present: boolean }
  /** These users were online when the process before this one ended, at `seenAt`: until the grace is over they are said to be so still. */
  | {
      type: 'recover';
      tenant: string;
      user: string;
      session: number;
      details: SessionDetails;
      seenAt: number;
      /** What is left of the grace of somebody who was not connected any more; the whole grace when left out. */
      graceMs?: number;
      /** A lease that goes on, as the store knows it; null for somebody whose connections ended with the process. */
      lease: { storedId: string; startedAt: number; untilAt: number; shown: boolean } | null;
    }
  /** What another node says of a user; null when that node has no session of the user any more. */
  | { type: 'slot'; tenant: string; user: string; node: string; slot: Slot | null; seenAt: number | null; activeAt: number | null }
  /** When a user was seen on another node, which has no slot of the user any more; what is later stays. */
  | {
      type: 'seen';
      tenant: string;
      user: string;
      times: Readonly<Pick<LoadedUser, 'seenAt' | 'activeAt' | 'restingSeenAt' | 'restingActiveAt'>>;
    }
  | { type: 'typing'; tenant: string; from: string; to: string; conversation: string; isTyping: boolean }
  /** Nothing happened but time. */
  | { type: 'time' };

/** A user whose facts became others. Who is to be told, and what, is for `tellsApart` and `viewOf` to say, for each audience. */
export interface Change {
  readonly user: User;
  readonly before: Facts;
  readonly after: Facts;
}

export interface TypingChange {
  readonly tenant: string;
  readonly from: string;
  readonly to: string;
  readonly conversation: string;
  readonly isTyping: boolean;
  /** It ended because nothing was heard for a while. */
  readonly autoStopped: boolean;
}

/** What the shell has to carry out after a step, in the order of these fields. */
export interface Outcome {
  /** Users whose slot on this node changed: to be told to the cluster. */
  readonly slots: readonly User[];
  /** Users and sessions to be saved, as they are by then: state, not events. */
  readonly users: readonly User[];
  readonly sessions: readonly Session[];
  /** Users of whom the store has to forget every time and session. */
  readonly forgotten: readonly User[];
  readonly changes: readonly Change[];
  readonly typing: readonly TypingChange[];
  /** Sessions whose page is to be asked for a sign of life. */
  readonly asked: readonly Session[];
  /** Sessions that ended without their client's doing. */
  readonly ended: readonly Session[];
}
