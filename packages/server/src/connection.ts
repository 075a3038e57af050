import { randomBytes } from 'node:crypto';
import type { Viewer, Watcher, Watches } from '@porchlight/engine';
import type { Arrival } from './arrival.ts';
import type { Identity } from './authenticate.ts';
import type { Dialect } from './dialects/dialect.ts';
import { DirtyUsers } from './dirty-users.ts';
import type { Link } from './transports/link.ts';

/**
 * One connected client: who it is, what it speaks, and what it has yet to be told. It may outlive its link by the grace, so that a client
 * that comes back with the same session finds its watches and what it missed.
 */
export interface Connection {
  /** Unique in this process. */
  readonly id: string;
  /** How it came: for the sessions it may begin later. */
  readonly arrival: Arrival;
  readonly address: string;
  /** Null while the link is lost and may come back. */
  link: Link | null;
  /** The dialects it may be speaking: all of its namespace until it has used a word that only one knows. */
  dialects: readonly Dialect[];
  /** Null until somebody signs in. */
  identity: Identity | null;
  viewer: Viewer;
  /** The engine's number of its session; null for somebody who only watches, has left, or has not signed in. */
  session: number | null;
  /** Never makes a session: a watcher that is not itself to be shown as present. */
  readonly watchOnly: boolean;
  /** How it spells ids that could be numbers; undefined until it has spelled one, and as its dialect does until then. */
  spellsNumbers: boolean | undefined;
  watcher: Watcher<Connection>;
  /** What it is not told of yet: the users who changed, each with the facts it was last told. Bounded by what it watches. */
  readonly dirty: DirtyUsers;
  /** Before this time nothing more is flushed to it. */
  quietUntilAt: number;
  flushMs: number;
  /** Since when its link has held more than it may; null while it has not. */
  slowSinceAt: number | null;
  /** Messages being answered, in order; undefined when none is. */
  answering: Promise<void> | undefined;
  /** Messages that wait for the one being answered. */
  queued: number;
  /** When its token ends; Infinity when it does not. */
  expiresAt: number;
  /** The grace if the link should break now, in place of the usual one. */
  closingGraceMs: number | null;
  closed: boolean;
}

/** A connection on which nobody is signed in yet. */
export function newConnection(arrival: Arrival, watches: Watches<Connection>, flushMs: number): Connection {
  const connection: Omit<Connection, 'watcher'> = {
    id: randomBytes(10).toString('base64url'),
    arrival,
    address: arrival.address,
    link: arrival.link,
    dialects: arrival.dialects,
    identity: null,
    viewer: { tenant: 'default', user: null },
    session: null,
    watchOnly: arrival.watchOnly ?? false,
    spellsNumbers: undefined,
    dirty: new DirtyUsers(),
    quietUntilAt: 0,
    flushMs,
    slowSinceAt: null,
    answering: undefined,
    queued: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    closingGraceMs: null,
    closed: false,
  };
  return Object.assign(connection, { watcher: watches.join(connection as Connection) });
}
