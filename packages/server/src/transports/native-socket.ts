import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Arriving } from '../admission.ts';
import { NativeLink } from './native-link.ts';

/** What happens to sockets; one object for all of them. */
export interface SocketEvents {
  message(socket: NativeSocket, data: Buffer, isBinary: boolean): void;
  pong(socket: NativeSocket): void;
  failed(socket: NativeSocket, error: unknown): void;
  /** Comes last, and once. */
  closed(socket: NativeSocket, code: number): void;
}

/** What is known of a client until its hello is answered. */
export interface Greeting {
  /** What the upgrade request said, for a hello that brings no token. */
  readonly upgradeToken: string | undefined;
  readonly address: string;
  /** When it is sent away, unless it was answered. */
  readonly closeAt: number;
  /** The hello has come. */
  isUnderWay: boolean;
}

interface Attachment {
  stream: Duplex;
  events: SocketEvents;
  arriving: Arriving;
  greeting: Greeting;
  now: number;
}

/** Answers to pings that may wait to be written: pings are cheap for whoever floods. */
const PONGS_WAITING_MAX = 60;

/**
 * The server's end of a native connection, with all that belongs to it. What happens goes to the one receiver of all sockets, past `ws`'s
 * table of listeners, and an answer to a ping is remembered only while there is one: with listeners of its own, and functions that hold what
 * they need, a connection cost 2,000 bytes more.
 */
export class NativeSocket extends WebSocket {
  /** Null until the hello is to be waited for. */
  link: NativeLink | null = null;
  /** Null once the hello was answered. */
  greeting: Greeting | null = null;
  arriving: Arriving | null = null;
  #events: SocketEvents | null = null;
  #pongsWaiting = 0;

  /** Tells `events` from now on. */
  attach({ stream, events, arriving, greeting, now }: Attachment): NativeLink {
    this.#events = events;
    this.arriving = arriving;
    this.greeting = greeting;
    this.link = new NativeLink(this, stream, now);
    return this.link;
  }

  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    const events = this.#events;
    if (events === null) return false;
    if (event === 'message') events.message(this, first as Buffer, second as boolean);
    else if (event === 'pong') events.pong(this);
    else if (event === 'ping') this.#answerPing(first as Buffer);
    else if (event === 'error') events.failed(this, first);
    else if (event === 'close') events.closed(this, first as number);
    return true;
  }

  #answerPing(data: Buffer): void {
    if (this.readyState !== this.OPEN) return;
    if (this.#pongsWaiting >= PONGS_WAITING_MAX) return this.terminate();
    this.#pongsWaiting += 1;
    this.pong(data, false, () => {
      this.#pongsWaiting -= 1;
    });
  }
}
