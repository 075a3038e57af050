import type { CloseCode } from '@porchlight/protocol';
import type { Message } from '../dialects/dialect.ts';

/**
 * The wire of one connection, as the rest of the server needs to know it. A link carries words; it knows nothing of presence. What it is
 * given after it closed goes nowhere, and it may be closed twice.
 */
export interface Link {
  readonly transport: 'socketio' | 'websocket' | 'simulated';
  /** Bytes that were handed over and are still waiting; Infinity while nothing can be taken at all. */
  bufferedBytes(): number;
  /** Sends answers and other single messages, now. */
  say(messages: readonly Message[]): void;
  /** Makes of a change what `tell` takes; equal for all links with the same `encoding`, so that it is done once for all of them. */
  encode(message: Message): Fragment;
  /** Names how `encode` works. */
  readonly encoding: string;
  /** Sends changes, in one write. */
  tell(fragments: readonly Fragment[], at: number): void;
  /** Closes for the server's own reasons, which the client is told where its protocol has words for them. */
  close(code: CloseCode, retryAfterMs?: number): void;
}

/** Whether a reader has more waiting than it may; a polling client between two polls takes nothing, but is not behind. */
export function isBehind(link: Link, bytesMax: number): boolean {
  const bytes = link.bufferedBytes();
  return bytes > bytesMax && bytes !== Number.POSITIVE_INFINITY;
}

/** A change as one transport writes it, as text or as bytes, a character each; opaque to everybody else. */
export type Fragment = string;
