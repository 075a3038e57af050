const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

const OPCODES = { text: 0x1, binary: 0x2, close: 0x8, pong: 0xa } as const;

/**
 * A WebSocket client frame. The mask is fixed and not zero: frames can be built once and sent often, and the server still pays for
 * unmasking (some skip it for a zero mask).
 */
export function clientFrame(
  payload: string | Uint8Array,
  kind: keyof typeof OPCODES = typeof payload === 'string' ? 'text' : 'binary',
): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
  const headerBytes = body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + 4 + body.length);
  frame[0] = 0x80 | OPCODES[kind];
  if (headerBytes === 2) frame[1] = 0x80 | body.length;
  else if (headerBytes === 4) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(body.length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(body.length), 2);
  }
  MASK.copy(frame, headerBytes);
  const start = headerBytes + 4;
  for (let index = 0; index < body.length; index++) frame[start + index] = body[index]! ^ MASK[index & 3]!;
  return frame;
}

/** The request that opens a WebSocket. */
export function upgradeRequest(path: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
