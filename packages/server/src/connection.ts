import type { Viewer, Watcher, Watches } from '@porchlight/engine';
import type { Arrival } from './arrival.ts';
import type { Identity } from './authenticate.ts';
import type { Dialect } from './dialects/dialect.ts';
import { DirtyUsers } from './dirty-users.ts';
import type { Link } from './transports/link.ts';

const NOBODY: Viewer = { tenant: 'default', user: null };

/**
 * One connected client: who it is, what it speaks, and what it has yet to be told. It may outlive its link by the grace, so that a client
 * that comes back with the same session finds its watches and what it missed.
 */
export class Connection {
  readonly address: string;
  /** For the sessions it may begin. */
  readonly deviceKey: string | null;
  readonly details: Arrival['details'];
  readonly answersPing: boolean;
  /** Never makes a session: a watcher that is not itself to be shown as present. */
  readonly watchOnly: boolean;
  /** Told once when the connection is forgotten. */
  readonly dropped: Arrival['dropped'];
  /** With which its client may come back to it on another link; null where the transport knows no such thing. */
  resumeSecret: string | null = null;
  /** Null while the link is lost and may come back. */
  link: Link | null;
  /** The dialects it may be speaking: all of its namespace until it has used a word that only one knows. */
  dialects: readonly Dialect[];
  /** Null until somebody signs in. */
  identity: Identity | null = null;
  /** The engine's number of its session; null for somebody who only watches, has left, or has not signed in. */
  session: number | null = null;
  /** How it spells ids that could be numbers; undefined until it has spelled one, and as its dialect does until then. */
  spellsNumbers: boolean | undefined = undefined;
  readonly watcher: Watcher;
  /** What it is not told of yet: the users who changed, each with the facts it was last told. Bounded by what it watches. */
  readonly dirty = new DirtyUsers();
  /** Whether it is told at a later tick; the fan-out's, which would look it up in a set for every change otherwise. */
  isWaiting = false;
  /** Before this time nothing more is flushed to it. */
  quietUntilAt = 0;
  flushMs: number;
  /** Since when its link has held more than it may; null while it has not. */
  slowSinceAt: number | null = null;
  /** Messages being answered, in order; undefined when none is. */
  answering: Promise<void> | undefined = undefined;
  /** Messages that wait for the one being answered. */
  queued = 0;
  /** When its token ends; Infinity when it does not. */
  expiresAt = Number.POSITIVE_INFINITY;
  /** The grace if the link should break now, in place of the usual one. */
  closingGraceMs: number | null = null;
  closed = false;

  /** Nobody is signed in on it yet. */
  constructor(arrival: Arrival, watches: Watches<Connection>, flushMs: number) {
    this.address = arrival.address;
    this.deviceKey = arrival.deviceKey;
    this.details = arrival.details;
    this.answersPing = arrival.answersPing ?? false;
    this.watchOnly = arrival.watchOnly ?? false;
    this.dropped = arrival.dropped;
    this.link = arrival.link;
    this.dialects = arrival.dialects;
    this.flushMs = flushMs;
    this.watcher = watches.join(this, NOBODY);
  }

  /** As whom it looks. */
  get viewer(): Viewer {
    return this.watcher.viewer;
  }
}
