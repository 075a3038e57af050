import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { NATIVE_PATH, SUBPROTOCOL } from '@porchlight/protocol';
import { createWebSocketTransport, type PresenceNode } from '@porchlight/server';
import { encodeFrame, FrameReader, OPCODES, textFrame } from '../raw-websocket.ts';

type Transport = ReturnType<typeof createWebSocketTransport>;

/** What a client gets of the native protocol, byte by byte: the server's own transport, over a stream in place of a network. */
export class NativeWire {
  readonly #transport: Transport;
  readonly #heard: (opcode: number, text: string) => void;
  #socket: Duplex | undefined;
  /** What the last welcome said, and the number of the last frame since. */
  #resume: { session: string; seq: number } | undefined;

  constructor(node: PresenceNode, heard: (opcode: number, text: string) => void) {
    this.#transport = createWebSocketTransport(node);
    this.#heard = heard;
  }

  get isOpen(): boolean {
    return this.#socket?.destroyed === false;
  }

  /** Connects and says hello; a session that was cut is resumed, if the server still has it. */
  open(hello: object): void {
    const reader = new FrameReader();
    let isUpgraded = false;
    const socket: Duplex = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        done();
        if (isUpgraded) for (const { opcode, payload } of reader.take(chunk)) this.#receive(socket, opcode, payload);
        isUpgraded = true;
      },
    });
    this.#socket = socket;
    this.#transport.upgrade(upgradeRequest(), socket, Buffer.alloc(0));
    this.say({ type: 'hello', ...hello, ...(this.#resume && { resume: this.#resume }) });
  }

  say(frame: object): void {
    this.#socket?.push(textFrame(JSON.stringify(frame)));
  }

  /** Breaks the connection, without a word. */
  cut(): void {
    this.#socket?.destroy();
  }

  #receive(socket: Duplex, opcode: number, payload: Buffer): void {
    const text = opcode === OPCODES.close ? `${payload.readUInt16BE(0)} ${payload.subarray(2)}` : payload.toString();
    this.#heard(opcode, text);
    // No network answers before the question has left.
    if (opcode === OPCODES.ping) process.nextTick(() => socket.push(encodeFrame({ opcode: OPCODES.pong, payload })));
    if (opcode === OPCODES.close) {
      this.#resume = undefined;
      process.nextTick(() => {
        socket.push(encodeFrame({ opcode: OPCODES.close, payload: payload.subarray(0, 2) }));
        socket.push(null);
      });
    }
    if (opcode !== OPCODES.text) return;
    const { type, seq, session } = JSON.parse(text) as { type: string; seq: number; session?: string };
    if (type === 'welcome' && session !== undefined) this.#resume = { session, seq };
    else if (this.#resume !== undefined) this.#resume.seq = seq;
  }
}

function upgradeRequest(): IncomingMessage {
  const request = new IncomingMessage(Object.defineProperty(new Socket(), 'remoteAddress', { value: '10.0.0.9' }));
  const headers = {
    host: 'porchlight.test',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': SUBPROTOCOL,
  };
  return Object.assign(request, { method: 'GET', url: NATIVE_PATH, httpVersion: '1.1', headers });
}
