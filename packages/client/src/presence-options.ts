import type { PresenceRecord } from '@porchlight/protocol';
import type { Clock } from './clock.ts';
import type { Environment } from './environment.ts';
import type { Failure } from './presence-error.ts';
import type { Token } from './token.ts';

export interface PresenceOptions {
  /** The server, such as `https://presence.example.com`. */
  url: string;
  /** Says who this is; a function is asked again whenever a token ends. */
  token: Token;
  /** False waits for `connect()`. Default true. */
  autoConnect?: boolean;
  /** Whether tabs of one user share one connection; a string says with whom, for tokens that do not. Default true. */
  share?: boolean | string;
  /** Watches others without being present itself. Default false. */
  watchOnly?: boolean;
  /** How long the link may be down before records say that they are suspect, in milliseconds. Default 5,000. */
  suspectAfterMs?: number;
  /** Records to begin with, such as those that the page was rendered with on the server. */
  initial?: readonly PresenceRecord[];
  /** Told of what no promise tells: a watch that was refused, for one. */
  onError?: (failure: Failure) => void;
  /** What differs between a browser, Node and React Native; found out by itself if not given. */
  environment?: Environment;
  /** Time, for tests. */
  clock?: Clock;
}
