import type { Writable } from 'node:stream';
import { CLOSE_CODES, type CloseCode } from '@porchlight/protocol';
import type { Socket } from 'socket.io';
import { Encoder, PacketType } from 'socket.io-parser';
import type { WebSocket } from 'ws';
import type { Message } from '../dialects/dialect.ts';
import { JsonWriter, Written } from '../dialects/written.ts';
import type { Fragment, Link } from './link.ts';
import { bytesOf, textFrame, writeBytes } from './text-frame.ts';
import { finishTurn, writeFrame } from './turn-writes.ts';

/** A packet in Engine.IO's queue. */
interface QueuedPacket {
  readonly data?: string;
  readonly options?: { readonly wsPreEncodedFrame?: readonly Buffer[] };
}

/** The little that is used of Engine.IO's connection; it is what Socket.IO's own adapter uses to broadcast. */
interface EngineConnection {
  readonly readyState: string;
  readonly transport: { readonly name: string; readonly writable: boolean; readonly socket?: RawSocket };
  readonly writeBuffer: readonly QueuedPacket[];
  write(data: string, options?: { wsPreEncodedFrame?: Buffer[] }): void;
  close(): void;
}

interface RawSocket extends WebSocket {
  readonly _socket?: Writable | null;
}

/** What `Socket` sends acknowledgements with. */
interface PacketWriter {
  packet(packet: { type: PacketType; id: number; data: unknown[] }): void;
}

/** What a packet in Engine.IO's queue costs besides its bytes. */
const QUEUED_BYTES = 256;

function sizeOf(packets: readonly QueuedPacket[]): number {
  let bytes = packets.length * QUEUED_BYTES;
  for (const { data, options } of packets) bytes += (data?.length ?? 0) + (options?.wsPreEncodedFrame?.[0]?.length ?? 0);
  return bytes;
}

const encoder = new Encoder();

/** Made once: it is asked for at every flush, and compared with others. */
const encodings = new Map<string, Map<string, string>>();

function encodingOf(namespace: string, transport: string): string {
  const known = encodings.get(namespace)?.get(transport);
  if (known !== undefined) return known;
  const encoding = `${namespace} ${transport}`;
  encodings.set(namespace, new Map(encodings.get(namespace)).set(transport, encoding));
  return encoding;
}

/** One Socket.IO socket's wire. Changes are encoded once for all sockets of a namespace, and go out in one write. */
export class SocketIoLink implements Link {
  readonly transport = 'socketio';
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get #conn(): EngineConnection {
    return this.#socket.conn as unknown as EngineConnection;
  }

  // Over WebSocket a change is a whole frame, over polling a packet that its answer will be made of.
  get encoding(): string {
    return encodingOf(this.#socket.nsp.name, this.#conn.transport.name);
  }

  bufferedBytes(): number {
    const { transport, writeBuffer } = this.#conn;
    if (transport.name === 'websocket') {
      const bytes = transport.socket?.bufferedAmount ?? 0;
      // While its socket takes no more, Engine.IO keeps what it is given to itself; otherwise only until the end of the turn.
      return bytes === 0 ? 0 : bytes + sizeOf(writeBuffer);
    }
    // Between two polls, or with an answer still to be fetched, state waits here instead of events piling up there.
    return transport.writable && writeBuffer.length === 0 ? 0 : Number.POSITIVE_INFINITY;
  }

  say(messages: readonly Message[]): void {
    for (const [event, payload] of messages) {
      if (payload instanceof Written) this.#write(`2${this.#namespace}[${JSON.stringify(event)},`, payload, false);
      else {
        finishTurn();
        this.#socket.emit(event, payload);
      }
    }
  }

  /** Answers a message that asked for it; comes after what is said on the same occasion. */
  acknowledge(id: number, answer: unknown): void {
    if (answer instanceof Written) return this.#write(`3${this.#namespace}${id}[`, answer, true);
    finishTurn();
    (this.#socket as unknown as PacketWriter).packet({ type: PacketType.ACK, id, data: [answer] });
  }

  get #namespace(): string {
    const { name } = this.#socket.nsp;
    return name === '/' ? '' : `${name},`;
  }

  // A packet that ends with this payload, past Socket.IO's encoder and, over an open WebSocket, Engine.IO's queue: of a thousand users, and
  // with the acknowledgement, 0.6 ms where those take 3.4.
  #write(head: string, payload: Written, isAcknowledgement: boolean): void {
    const conn = this.#conn;
    if (conn.readyState !== 'open') return;
    const raw = conn.transport.name === 'websocket' && conn.writeBuffer.length === 0 ? conn.transport.socket : undefined;
    const writePacket = (json: JsonWriter) => {
      json.ascii(head);
      json.payload(payload);
      json.ascii(']');
    };
    if (raw?._socket != null && raw.readyState === raw.OPEN) {
      writeFrame(
        raw,
        raw._socket,
        (json) => {
          // "4" is Engine.IO's message.
          json.ascii('4');
          writePacket(json);
        },
        isAcknowledgement,
      );
      return;
    }
    const json = new JsonWriter(4_096);
    writePacket(json);
    conn.write(json.from(0).toString());
  }

  encode(message: Message): Fragment {
    const [packet] = encoder.encode({ type: PacketType.EVENT, nsp: this.#socket.nsp.name, data: [...message] }) as [string];
    if (this.#conn.transport.name !== 'websocket') return packet;
    // "4" is Engine.IO's message.
    return textFrame(bytesOf(`4${packet}`));
  }

  tell(fragments: readonly Fragment[]): void {
    finishTurn();
    const conn = this.#conn;
    const raw = conn.transport.socket;
    // Frames that are encoded already are sent as they are: after the answer to a close, too.
    if (raw !== undefined && raw.readyState !== raw.OPEN) return;
    if (raw === undefined) {
      for (const packet of fragments) conn.write(packet);
    } else if (conn.writeBuffer.length === 0 && raw._socket != null) {
      // Past Engine.IO's queue, which is empty: one write for all frames costs a seventh of one a frame.
      let frames = '';
      for (const frame of fragments) frames += frame;
      writeBytes(raw._socket, frames);
    } else {
      for (const frame of fragments) conn.write('', { wsPreEncodedFrame: [Buffer.from(frame, 'latin1')] });
    }
  }

  close(code: CloseCode): void {
    finishTurn();
    // A client that is disconnected by the server does not come back by itself; one whose transport closes does.
    if (CLOSE_CODES[code].retry === 'later') this.#conn.close();
    else this.#socket.disconnect();
  }
}
