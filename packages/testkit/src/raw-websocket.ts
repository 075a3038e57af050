/*
 * WebSocket frames as bytes (RFC 6455), so that tests can write what no library would, stop reading, and hold thousands of connections.
 */

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame; what is left out is as a client's should be: final, masked, its length told in the shortest form. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly isFinal?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  readonly mask?: number;
  /** Bits of the length field: 7, 16 or 64. */
  readonly lengthBits?: 7 | 16 | 64;
  /** The length that is told in place of the true one. */
  readonly toldLength?: number;
}

export function encodeFrame({ opcode, payload, ...frame }: Frame): Buffer {
  const { isFinal = true, reserved = 0, isMasked = true, mask = 0x2a17_5ce3, toldLength = payload.length } = frame;
  const bits = frame.lengthBits ?? (toldLength < 126 ? 7 : toldLength < 65_536 ? 16 : 64);
  const header = Buffer.alloc(2 + (bits === 7 ? 0 : bits / 8) + (isMasked ? 4 : 0));
  header[0] = (isFinal ? 0x80 : 0) | ((reserved & 7) << 4) | (opcode & 15);
  header[1] = (isMasked ? 0x80 : 0) | (bits === 7 ? toldLength & 127 : bits === 16 ? 126 : 127);
  if (bits === 16) header.writeUInt16BE(toldLength & 0xffff, 2);
  if (bits === 64) header.writeBigUInt64BE(BigInt.asUintN(64, BigInt(toldLength)), 2);
  if (!isMasked) return Buffer.concat([header, payload]);
  header.writeUInt32BE(mask >>> 0, header.length - 4);
  const key = header.subarray(header.length - 4);
  const body = Buffer.allocUnsafe(payload.length);
  for (let at = 0; at < payload.length; at += 1) body[at] = (payload[at] as number) ^ (key[at & 3] as number);
  return Buffer.concat([header, body]);
}

export const textFrame = (text: string) => encodeFrame({ opcode: OPCODES.text, payload: Buffer.from(text) });

/** The request that opens a WebSocket; `path` and header values are sent as they are. */
export function upgradeRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** A frame that a server sent. */
export interface ReceivedFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Puts a server's frames together from the chunks in which they come. A well-behaved server neither masks nor, here, fragments. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that this chunk completes, in order. */
  *take(chunk: Buffer): Generator<ReceivedFrame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const frame = this.#next();
      if (frame === undefined) return;
      yield frame;
    }
  }

  #next(): ReceivedFrame | undefined {
    const bytes = this.#rest;
    if (bytes.length < 2) return undefined;
    const short = (bytes[1] as number) & 127;
    const headerLength = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < headerLength) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    const end = headerLength + length;
    if (bytes.length < end) return undefined;
    this.#rest = bytes.subarray(end);
    return { opcode: (bytes[0] as number) & 15, payload: bytes.subarray(headerLength, end) };
  }
}
