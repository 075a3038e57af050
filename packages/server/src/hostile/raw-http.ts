import { connect, type Socket } from 'node:net';

/** What a server wrote on a TCP connection until it closed it, or until `enough` says so. */
export interface RawAnswer {
  readonly text: string;
  readonly closed: boolean;
}

/** Sends bytes as they are, and collects what comes back. With `end` the client closes its side after them. */
export function sendRaw(
  url: string,
  bytes: string | Buffer | readonly (string | Buffer)[],
  { enough = () => false, end = false }: { enough?: (text: string) => boolean; end?: boolean } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket: Socket = connect(Number(port), hostname, () => {
      for (const part of typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes) socket.write(part);
      if (end) socket.end();
    });
    const finish = (closed: boolean) => {
      socket.destroy();
      resolve({ text, closed });
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (enough(text)) finish(false);
    });
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
  });
}

/** The status of an HTTP answer; 0 when there was none. */
export const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);

/** Whether a whole HTTP answer has come. */
export function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  if (/transfer-encoding: chunked/i.test(text.slice(0, end))) return text.endsWith('\r\n0\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text.slice(0, end));
  return length !== null && text.length >= end + 4 + Number(length[1]);
}

/** An upgrade to WebSocket, as bytes. */
export const upgrade = (path: string, headers = '', method = 'GET') =>
  `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
