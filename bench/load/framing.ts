/** Takes each whole message: `kind` is the WebSocket opcode or the first byte of an MQTT packet, 0 elsewhere. */
export type MessageReader = (bytes: Buffer, start: number, end: number, kind: number) => void;

/** Cuts `bytes[start, end)` into whole messages and returns how far it came; what is left is given again with more. */
export type Framing = (bytes: Buffer, start: number, end: number, read: MessageReader) => number;

function websocket(bytes: Buffer, start: number, end: number, read: MessageReader): number {
  let at = start;
  while (end - at >= 2) {
    let length = bytes[at + 1]! & 0x7f;
    let body = at + 2;
    if (length === 126) {
      if (end - at < 4) break;
      length = bytes.readUInt16BE(at + 2);
      body = at + 4;
    } else if (length === 127) {
      if (end - at < 10) break;
      length = Number(bytes.readBigUInt64BE(at + 2));
      body = at + 10;
    }
    if (end - body < length) break;
    read(bytes, body, body + length, bytes[at]! & 0x0f);
    at = body + length;
  }
  return at;
}

function mqtt(bytes: Buffer, start: number, end: number, read: MessageReader): number {
  let at = start;
  while (end - at >= 2) {
    let length = 0;
    let body = at + 1;
    let shift = 0;
    let more = true;
    while (more && body < end) {
      const digit = bytes[body++]!;
      length |= (digit & 0x7f) << shift;
      shift += 7;
      more = (digit & 0x80) !== 0;
    }
    if (more || end - body < length) break;
    read(bytes, body, body + length, bytes[at]!);
    at = body + length;
  }
  return at;
}

/** One message a tag: enough to count stanzas by their opening tag, since none of the attributes read here holds a `>`. */
function xml(bytes: Buffer, start: number, end: number, read: MessageReader): number {
  let at = start;
  for (let index = start; index < end; index++) {
    if (bytes[index] !== 0x3e) continue;
    read(bytes, at, index + 1, 0);
    at = index + 1;
  }
  return at;
}

/** One message a response: the head and `Content-Length` bytes of body. */
function http(bytes: Buffer, start: number, end: number, read: MessageReader): number {
  let at = start;
  while (at < end) {
    const headEnd = bytes.indexOf('\r\n\r\n', at, 'latin1');
    if (headEnd < 0 || headEnd + 4 > end) break;
    const head = bytes.toString('latin1', at, headEnd).toLowerCase();
    const lengthAt = head.indexOf('content-length:');
    if (lengthAt < 0) throw new Error(`an HTTP response without Content-Length: ${head.slice(0, 80)}`);
    const messageEnd = headEnd + 4 + Number.parseInt(head.slice(lengthAt + 15), 10);
    if (messageEnd > end) break;
    read(bytes, at, messageEnd, 0);
    at = messageEnd;
  }
  return at;
}

export const FRAMINGS = { websocket, mqtt, xml, http } as const satisfies Record<string, Framing>;
