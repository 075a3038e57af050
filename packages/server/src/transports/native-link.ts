import type { Writable } from 'node:stream';
import { CLOSE_CODES, type CloseCode, type ErrorCode } from '@porchlight/protocol';
import type { WebSocket } from 'ws';
import type { Connection } from '../connection.ts';
import type { Message } from '../dialects/dialect.ts';
import { publicError } from '../errors.ts';
import { writeAnswer } from '../presence-json.ts';
import type { Fragment, Link } from './link.ts';
import { bytesOf, textFrame, writeBytes } from './text-frame.ts';
import { finishTurn, writeFrame } from './turn-writes.ts';

/** Frames that a client may send before its hello is answered. */
const HELD_MAX = 32;

const CLOSE_FOR: Partial<Record<ErrorCode, CloseCode>> = {
  UNAUTHENTICATED: 4401,
  FORBIDDEN: 4403,
  RATE_LIMITED: 4429,
  UNAVAILABLE: 1013,
  INTERNAL: 1013,
};

/** One native connection's wire: JSON frames, counted; all changes of a flush in one frame and one write. */
export class NativeLink implements Link {
  readonly transport = 'websocket';
  readonly encoding = 'native';
  /** Number of the last frame of the session. */
  seq = 0;
  /** Whose wire it is; null until the hello is answered. */
  connection: Connection | null = null;
  readonly #ws: WebSocket;
  readonly #socket: Writable;
  #held: string[] | null = null;
  #pingedAt: number;
  #awaitsPong = false;

  /** `socket` is the one that `ws` was made of. */
  constructor(ws: WebSocket, socket: Writable, now: number) {
    this.#ws = ws;
    this.#socket = socket;
    this.#pingedAt = now;
  }

  bufferedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  say(messages: readonly Message[]): void {
    for (const [type, payload] of messages) {
      this.seq += 1;
      if (this.#ws.readyState !== this.#ws.OPEN) continue;
      const frame = { type, seq: this.seq, ...(payload as object) };
      writeFrame(this.#ws, this.#socket, (json) => writeAnswer(json, frame));
    }
  }

  encode([, record]: Message): Fragment {
    return bytesOf(JSON.stringify(record));
  }

  tell(fragments: readonly Fragment[], at: number): void {
    // Counted even when it goes nowhere: that is how a client that comes back learns that something is missing.
    this.seq += 1;
    // Added up, not joined, which would make one copy more.
    let text = `{"type":"changes","seq":${this.seq},"at":${at},"presences":[${fragments[0]}`;
    for (let index = 1; index < fragments.length; index += 1) text += `,${fragments[index]}`;
    finishTurn();
    // Straight to the socket: without compression `ws` would do the same, by way of a queue, two buffers and a gathered write, which takes a
    // third more time for small frames. Order with what `ws` itself writes (pings, the close) is kept, since that is written at once too.
    if (this.#ws.readyState === this.#ws.OPEN) writeBytes(this.#socket, textFrame(`${text}]}`));
  }

  close(code: CloseCode, retryAfterMs?: number): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    const { message } = CLOSE_CODES[code];
    if (code !== 1000) this.say([['bye', { code, message, ...(retryAfterMs === undefined ? null : { retryAfterMs }) }]]);
    finishTurn();
    this.#ws.close(code, message);
  }

  /** Lets go at once, without a goodbye. */
  cut(): void {
    this.#ws.terminate();
  }

  /** Goes on counting where a lost link of the same session stopped. */
  continueFrom(link: NativeLink): void {
    this.seq = link.seq;
  }

  /** Counts from the beginning: there is no session to go on with. */
  startOver(): void {
    this.seq = 0;
  }

  /** Keeps what came before the hello was answered; too much of it closes. */
  hold(text: string): void {
    this.#held ??= [];
    if (this.#held.length >= HELD_MAX) this.close(4400);
    else this.#held.push(text);
  }

  release(): string[] {
    const held = this.#held ?? [];
    this.#held = null;
    return held;
  }

  refuseHello(error: unknown): void {
    const { code, message, retryAfterMs } = publicError(error);
    this.say([['error', { code, message, retry: CLOSE_CODES[CLOSE_FOR[code] ?? 4400].retry, ...(retryAfterMs && { retryAfterMs }) }]]);
    this.close(CLOSE_FOR[code] ?? 4400, retryAfterMs);
  }

  /** Something came, if only a pong. */
  heard(): void {
    this.#awaitsPong = false;
  }

  /** Pings after `intervalMs` of its own, and cuts what has not answered within `timeoutMs`. */
  pingIfDue(now: number, intervalMs: number, timeoutMs: number): void {
    const sinceMs = now - this.#pingedAt;
    if (this.#awaitsPong) {
      if (sinceMs >= timeoutMs) this.cut();
    } else if (sinceMs >= intervalMs) {
      this.#pingedAt = now;
      this.#awaitsPong = true;
      this.#ws.ping();
    }
  }
}
