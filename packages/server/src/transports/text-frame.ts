import type { Writable } from 'node:stream';

/*
 * Bytes are texts here, a character each: a frame that many are sent is put together of parts which V8 only notes, and copied once, by the
 * system call. With the call that takes 7.0 and 7.3 µs of CPU in two runs, by way of a buffer 7.3 and 8.0.
 */

/** Node copies texts up to this size to the stack and writes from there. */
const WRITTEN_AS_TEXT_MAX = 16_000;

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1');
}

/** A whole WebSocket text frame as a server sends it: final, not masked (RFC 6455, 5.2). */
export function textFrame(bytes: string): string {
  const { length } = bytes;
  if (length < 126) return String.fromCharCode(0x81, length) + bytes;
  if (length < 65_536) return String.fromCharCode(0x81, 126, length >> 8, length & 0xff) + bytes;
  const header = Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header.toString('latin1') + bytes;
}

/**
 * Writes bytes. Behind what its reader has not taken they wait as a buffer: kept as the parts of which V8 makes a text, a megabyte for each of a
 * thousand readers who stand still is ten million objects, and collections of seconds.
 */
export function writeBytes(socket: Writable, bytes: string): void {
  if (bytes.length > WRITTEN_AS_TEXT_MAX || socket.writableLength > 0) socket.write(Buffer.from(bytes, 'latin1'));
  else socket.write(bytes, 'latin1');
}
