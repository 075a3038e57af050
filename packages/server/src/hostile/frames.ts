/*
 * Hostile WebSocket frames as bytes (RFC 6455, section 5), and hostile packets of Engine.IO and Socket.IO as text.
 */

interface FrameParts {
  final?: boolean;
  reserved?: number;
  masked?: boolean;
  /** In place of the payload's own length. */
  length?: { bits: 7 | 16 | 64; value: bigint };
}

export function frame(
  opcode: number,
  payload: Buffer | string = '',
  { final = true, reserved = 0, masked = true, length }: FrameParts = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const { bits, value } =
    length ?? (bytes.length < 126 ? { bits: 7, value: BigInt(bytes.length) } : { bits: 16, value: BigInt(bytes.length) });
  const mask = masked ? 0x80 : 0;
  const head = Buffer.from([(final ? 0x80 : 0) | (reserved << 4) | opcode, mask | (bits === 7 ? Number(value) : bits === 16 ? 126 : 127)]);
  const extended = Buffer.alloc(bits === 7 ? 0 : bits / 8);
  if (bits === 16) extended.writeUInt16BE(Number(value));
  if (bits === 64) extended.writeBigUInt64BE(value);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, extended, masked ? Buffer.alloc(4) : Buffer.alloc(0), bytes]);
}

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const closeWith = (code: number, reason: Buffer | string = '') => {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame(CLOSE, Buffer.concat([head, Buffer.from(reason)]));
};

/** Each ends the connection. */
export const BAD_FRAMES: Readonly<Record<string, Buffer>> = {
  'not masked': frame(TEXT, '{}', { masked: false }),
  'opcode 3': frame(3, 'x'),
  'opcode 7': frame(7, 'x'),
  'opcode 11': frame(11, 'x'),
  'opcode 15': frame(15, 'x'),
  'RSV1 without compression': frame(TEXT, 'x', { reserved: 4 }),
  RSV2: frame(TEXT, 'x', { reserved: 2 }),
  RSV3: frame(TEXT, 'x', { reserved: 1 }),
  'ping in fragments': frame(PING, 'x', { final: false }),
  'close in fragments': frame(CLOSE, '', { final: false }),
  'ping of 126 bytes': frame(PING, 'x'.repeat(126)),
  'pong of 60,000 bytes': frame(PONG, 'x'.repeat(60_000)),
  'close of one byte': frame(CLOSE, 'x'),
  'close with code 999': closeWith(999),
  'close with code 1004': closeWith(1004),
  'close with code 1005': closeWith(1005),
  'close with code 1006': closeWith(1006),
  'close with code 2999': closeWith(2_999),
  'close with code 65535': closeWith(65_535),
  'close with a reason that is not UTF-8': closeWith(1000, Buffer.from([0xff, 0xfe])),
  'text that is not UTF-8': frame(TEXT, Buffer.from([0xc3, 0x28])),
  'text with an overlong NUL': frame(TEXT, Buffer.from([0xc0, 0x80])),
  'text with a surrogate as UTF-8': frame(TEXT, Buffer.from([0xed, 0xa0, 0x80])),
  'text beyond Unicode': frame(TEXT, Buffer.from([0xf5, 0x80, 0x80, 0x80])),
  'text that ends within a character': frame(TEXT, Buffer.from([0x7b, 0xe2, 0x82])),
  'continuation of nothing': frame(CONTINUATION, 'x'),
  'new text within fragments': Buffer.concat([frame(TEXT, 'a', { final: false }), frame(TEXT, 'b')]),
  'new binary within fragments': Buffer.concat([frame(TEXT, 'a', { final: false }), frame(BINARY, 'b')]),
  'length 2^63': frame(TEXT, '', { length: { bits: 64, value: 1n << 63n } }),
  'length 2^62': frame(TEXT, '', { length: { bits: 64, value: 1n << 62n } }),
  'length 2^53': frame(TEXT, '', { length: { bits: 64, value: 1n << 53n } }),
  'length 4 GiB': frame(TEXT, '', { length: { bits: 64, value: 1n << 32n } }),
  'length 16 MiB': frame(BINARY, '', { length: { bits: 64, value: 1n << 24n } }),
  '64 KiB and one byte': frame(TEXT, Buffer.alloc(65_537, 0x78), { length: { bits: 64, value: 65_537n } }),
  '64 KiB and one byte in fragments': Buffer.concat([
    frame(TEXT, Buffer.alloc(40_000, 0x78), { final: false }),
    frame(CONTINUATION, Buffer.alloc(25_537, 0x78)),
  ]),
  '20,000 empty fragments': Buffer.concat([
    frame(TEXT, '', { final: false }),
    ...Array.from({ length: 20_000 }, () => frame(CONTINUATION, '', { final: false })),
  ]),
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  'bytes 0xff': Buffer.alloc(200, 0xff),
};

/** Each is answered or ignored, and the connection stays. */
export const ODD_FRAMES: Readonly<Record<string, Buffer>> = {
  'an empty ping': frame(PING),
  'a ping of 125 bytes': frame(PING, 'x'.repeat(125)),
  'a pong that nobody asked for': frame(PONG, 'x'),
  'a thousand pongs': Buffer.concat(Array.from({ length: 1_000 }, () => frame(PONG))),
  'half a frame': frame(TEXT, '{"type":"pong"}').subarray(0, 9),
};

/** Text of Engine.IO and Socket.IO packets. `closed`: the connection ends; `refused`: CONNECT_ERROR; `ignored`: nothing happens. */
export const PACKETS: Readonly<Record<string, readonly [text: string | Buffer, expected: 'closed' | 'refused' | 'ignored']>> = {
  'an empty packet': ['', 'closed'],
  'an unknown packet': ['9', 'closed'],
  'a letter': ['x', 'closed'],
  'a second open': ['0{"sid":"x"}', 'ignored'],
  close: ['1', 'ignored'],
  'a ping from the client': ['2', 'closed'],
  'a probe late': ['2probe', 'closed'],
  'pong with data': ['3x', 'ignored'],
  'upgrade when upgraded': ['5', 'ignored'],
  noop: ['6', 'ignored'],
  'an empty message': ['4', 'closed'],
  'packet type 7': ['47', 'closed'],
  'packet type 9': ['49', 'closed'],
  'packet type letter': ['4x', 'closed'],
  'event without payload': ['42', 'ignored'],
  'event not JSON': ['42{', 'closed'],
  'event an object': ['42{}', 'closed'],
  'event a number': ['427', 'ignored'],
  'event null': ['42null', 'closed'],
  'event an empty list': ['42[]', 'closed'],
  'event named by null': ['42[null]', 'closed'],
  'event named by a list': ['42[["a"]]', 'closed'],
  'event named by an object': ['42[{"toString":1}]', 'closed'],
  'event named connect': ['42["connect"]', 'closed'],
  'event named disconnect': ['42["disconnect"]', 'closed'],
  'event named connect_error': ['42["connect_error"]', 'closed'],
  'event named disconnecting': ['42["disconnecting"]', 'closed'],
  'event named newListener': ['42["newListener"]', 'closed'],
  'event named removeListener': ['42["removeListener"]', 'closed'],
  'event with a huge acknowledgement number': ['4299999999999999999999["heartbeat:pong"]', 'ignored'],
  'event of another namespace, not connected': ['42/ws/messages,["heartbeat"]', 'closed'],
  'event of no namespace': ['42/nowhere,["x"]', 'closed'],
  'namespace without comma': ['42/ws/messages["x"]', 'closed'],
  'acknowledgement of nothing': ['431[]', 'ignored'],
  'acknowledgement without number': ['43[]', 'ignored'],
  'acknowledgement not a list': ['431{}', 'closed'],
  'connect twice': ['40', 'closed'],
  'connect with auth a text': ['40"x"', 'closed'],
  'connect to nowhere': ['40/nowhere,', 'refused'],
  'connect to a prototype': ['40/__proto__,', 'refused'],
  'connect to constructor': ['40/constructor,', 'refused'],
  'connect error from the client': ['44{"message":"x"}', 'closed'],
  'binary event': ['451-["e",{"_placeholder":true,"num":0}]', 'closed'],
  'binary event without attachments': ['450-["e"]', 'closed'],
  'a million attachments': ['451000000-["e",{"_placeholder":true,"num":0}]', 'closed'],
  'attachments without number': ['45-["e"]', 'closed'],
  'attachments minus one': ['45-1-["e"]', 'closed'],
  'binary acknowledgement': ['461-1[{"_placeholder":true,"num":0}]', 'closed'],
  'a binary frame': [Buffer.from([4, 50]), 'closed'],
  'an empty binary frame': [Buffer.alloc(0), 'closed'],
  'binary as base64': ['bAAAA', 'closed'],
};
