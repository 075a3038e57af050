import { connect, type Socket } from 'node:net';
import type { Wire } from '../contestants/contestant.ts';
import { breatheAfterReading } from './breather.ts';
import { clientFrame } from './client-frame.ts';
import { FRAMINGS, type MessageReader } from './framing.ts';

/** What a scenario hears of its connections. */
export interface Observer {
  signedIn(connection: LoadConnection): void;
  /** The server has confirmed the watch, so every later change must come. */
  watching(connection: LoadConnection): void;
  /** `atMs` is the time of the read that carried it, by `performance.now()`. */
  delivered(connection: LoadConnection, user: number, online: boolean, atMs: number): void;
  answered(connection: LoadConnection): void;
  /** The connection ended; `cause` is absent when this side ended it. */
  closed(connection: LoadConnection, cause?: Error): void;
}

/** Who a connection is for. */
export interface Identity {
  user: number;
  /** A connection that only watches and need not be shown as present. */
  watchOnly: boolean;
}

const READ_BYTES = 256 * 1024;
/** The range of ephemeral ports holds 28,000; more connections than this to one port need another source address. */
const CONNECTIONS_PER_ADDRESS = 20_000;
const OPCODE_CLOSE = 0x8;
const OPCODE_PING = 0x9;
const PONG = clientFrame('', 'pong');

// One buffer for all sockets: a read is handed on before the next one starts, and what is incomplete is copied.
const shared = Buffer.allocUnsafe(READ_BYTES);

let messages = 0;

/** Whole messages that all connections have read so far. */
export const messagesRead = () => messages;

/** One raw TCP connection to the server under test, speaking a contestant's wire. */
export class LoadConnection {
  readonly index: number;
  readonly identity: Identity;
  /** Free for the wire: how far its dialogue has come. */
  stage = 0;
  /** Free for the wire: what it still waits for before it is watching, or a cached frame. */
  pending = 0;
  frames: Buffer[] = [];
  #socket: Socket;
  #wire: Wire;
  #observer: Observer;
  #left: Buffer | undefined;
  #upgrading: boolean;
  #ended = false;
  #nowMs = 0;
  readonly #onMessage: MessageReader;

  constructor(index: number, identity: Identity, port: number, wire: Wire, observer: Observer) {
    this.index = index;
    this.identity = identity;
    this.#wire = wire;
    this.#observer = observer;
    this.#upgrading = wire.upgrade !== undefined;
    this.#onMessage = (bytes, start, end, kind) => this.#message(bytes, start, end, kind);
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      // Naming an address has the kernel look for a free port among all that are taken, 2 ms of CPU where many are.
      ...(index < CONNECTIONS_PER_ADDRESS ? null : { localAddress: `127.0.0.${1 + Math.floor(index / CONNECTIONS_PER_ADDRESS)}` }),
      noDelay: true,
      onread: { buffer: shared, callback: (length) => this.#receive(length) },
    });
    this.#socket.once('connect', () => {
      if (wire.upgrade === undefined) wire.signIn(this);
      else this.send(wire.upgrade(this));
    });
    this.#socket.on('error', (error) => this.#close(error));
    this.#socket.on('close', () => this.#close(new Error(`connection ${index} was closed by the server`)));
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Sends bytes that are already framed. */
  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  signedIn(): void {
    this.#observer.signedIn(this);
  }

  watching(): void {
    this.#observer.watching(this);
  }

  delivered(user: number, online: boolean): void {
    this.#observer.delivered(this, user, online, this.#nowMs);
  }

  answered(): void {
    this.#observer.answered(this);
  }

  /** Ends the connection because of what the server said; the scenario hears of it. */
  fail(reason: string): void {
    this.#close(new Error(reason));
  }

  /** Stops reading, as a page on a bad network does. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection with a FIN, after what was written. */
  end(): void {
    this.#ended = true;
    this.#socket.end();
  }

  /** Ends it at once, with a reset, which leaves no port waiting. */
  reset(): void {
    this.#ended = true;
    this.#socket.resetAndDestroy();
  }

  #close(cause: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#observer.closed(this, cause);
    this.#socket.destroy();
  }

  #receive(length: number): boolean {
    this.#nowMs = performance.now();
    breatheAfterReading();
    if (this.#left === undefined) this.#cut(shared, length, false);
    else this.#cut(Buffer.concat([this.#left, shared.subarray(0, length)]), this.#left.length + length, true);
    return true;
  }

  #cut(bytes: Buffer, end: number, owned: boolean): void {
    let start = 0;
    if (this.#upgrading) {
      const headEnd = bytes.toString('latin1', 0, end).indexOf('\r\n\r\n');
      if (headEnd >= 0) {
        const status = bytes.toString('latin1', 9, 12);
        if (status !== '101') return this.#close(new Error(`the upgrade was answered with ${status}`));
        start = headEnd + 4;
        this.#upgrading = false;
        this.#wire.signIn(this);
      }
    }
    if (!this.#upgrading) start = FRAMINGS[this.#wire.framing](bytes, start, end, this.#onMessage);
    if (start === end) this.#left = undefined;
    else this.#left = owned ? bytes.subarray(start, end) : Buffer.from(bytes.subarray(start, end));
  }

  #message(bytes: Buffer, start: number, end: number, kind: number): void {
    messages++;
    if (this.#wire.framing === 'websocket' && kind >= OPCODE_CLOSE) {
      if (kind === OPCODE_PING) this.send(start === end ? PONG : clientFrame(Buffer.from(bytes.subarray(start, end)), 'pong'));
      else if (kind === OPCODE_CLOSE)
        this.#close(new Error(`the server closed with ${end - start >= 2 ? bytes.readUInt16BE(start) : 'no code'}`));
      return;
    }
    this.#wire.read(this, bytes, start, end, kind);
  }
}
