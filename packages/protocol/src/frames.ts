import type { ErrorCode, Retry } from './codes.ts';
import type { Availability, PresenceRecord } from './presence-record.ts';

/** The WebSocket subprotocol and path of the native protocol; every frame is one JSON object with a `type`. */
export const SUBPROTOCOL = 'porchlight.v1';
export const NATIVE_PATH = '/v1/ws';

/** What a client says of itself; all optional, shown to operators and, as `platform`, to viewers. */
export interface ClientDescription {
  /** Such as `web`, `ios`, `android`, `desktop`; at most 32 characters. */
  platform?: string;
  /** At most 32 characters. */
  appVersion?: string;
  /** Make and model; at most 128 characters. */
  device?: string;
  /** What the person looks at; at most 128 characters. */
  screen?: string;
}

/** Frames that a client sends. `request` is any string of at most 64 characters that the answer repeats. */
export type ClientFrame =
  /** Must be the first frame. `token` unless the upgrade carried one. `deviceId` lets a returning session replace its lost forerunner. */
  | {
      type: 'hello';
      token?: string;
      client?: ClientDescription;
      deviceId?: string;
      /** From the last `welcome`, with the `seq` of the last frame received. */
      resume?: { session: string; seq: number };
      /** True for a watcher that is not itself to be shown as present. */
      watchOnly?: boolean;
    }
  /** `set` replaces the whole watch list; `add` and `remove` change it. Answered by `snapshot` pages of what is new. */
  | { type: 'watch'; request?: string; set?: string[]; add?: string[]; remove?: string[] }
  /** Asks once, without watching. Answered by `presences`. */
  | { type: 'get'; request: string; ids: string[] }
  /** How long the person has been idle, a duration; `background` when the page or app is not in front. */
  | { type: 'activity'; idleMs: number; background?: boolean; screen?: string }
  /** What to be shown as; `forMs` ends it by itself. Answered by `ok` once it is stored. */
  | { type: 'status'; request?: string; availability: Availability; text?: string | null; forMs?: number }
  /** Hides this session (`false`) or shows it again, without leaving. */
  | { type: 'show'; request?: string; shown: boolean }
  /** How often this connection wants to be told of changes, at least the server's own interval: hidden pages ask for less. */
  | { type: 'pace'; flushMs: number }
  /** A new token for the same user, before the old one ends. Answered by `ok`. */
  | { type: 'token'; request?: string; token: string }
  /** The answer to `ping`. */
  | { type: 'pong' }
  /** The page is being hidden for good: a short grace instead of the usual one, unless the session comes back. */
  | { type: 'closing' }
  /** Leaves at once, without grace. The server closes with 1000. */
  | { type: 'leave' };

/** Frames that the server sends. `seq` counts the frames of a session from 1; a gap means loss. Times are epoch milliseconds. */
export type ServerFrame =
  | {
      type: 'welcome';
      seq: number;
      /** Names this session when it resumes; a secret. */
      session: string;
      user: string;
      now: number;
      /** Names the server's memory: when it differs from the last one, nothing older can be resumed. */
      epoch: string;
      /** True when the watches of the resumed session still stand and only what changed follows. */
      resumed: boolean;
      thresholds: { awayAfterMs: number; graceMs: number; pingMs: number; flushMs: number };
      limits: { frameBytesMax: number; idsMax: number; watchesMax: number };
    }
  /** The current records of newly watched users, in pages: the first has `begin`, the last `end` (one page has both). */
  | { type: 'snapshot'; seq: number; at: number; request?: string; begin?: true; end?: true; presences: PresenceRecord[] }
  /** Records that changed; each replaces what the client had. */
  | { type: 'changes'; seq: number; at: number; presences: PresenceRecord[] }
  | { type: 'presences'; seq: number; at: number; request: string; presences: PresenceRecord[] }
  | { type: 'ok'; seq: number; request?: string }
  | { type: 'error'; seq: number; request?: string; code: ErrorCode; message: string; retry: Retry; retryAfterMs?: number }
  /** A sign of life is asked for; answer with `pong`. `now` also serves to correct the client's idea of the server's time. */
  | { type: 'ping'; seq: number; now: number }
  /** The last frame before the server closes for its own reasons. */
  | { type: 'bye'; seq: number; code: number; message: string; retryAfterMs?: number };
