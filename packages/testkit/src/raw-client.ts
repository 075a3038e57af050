import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { NATIVE_PATH, SUBPROTOCOL } from '@porchlight/protocol';
import { encodeFrame, FrameReader, OPCODES, textFrame, upgradeRequest } from './raw-websocket.ts';

/** One WebSocket on a bare socket: it costs little enough for thousands, and can stop reading as no library's can. */
export interface RawClient {
  readonly socket: Socket;
  readonly isOpen: boolean;
  /** The server's close code; 1006 when the connection broke. Undefined while it is open. */
  readonly closeCode: number | undefined;
  sendText(text: string): void;
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>;
}

interface Hears {
  /** Every text frame. */
  text(text: string, client: RawClient): void;
  closed?(code: number): void;
}

/** Opens a WebSocket; rejects when the server refuses or is not there. Pings are answered. */
export async function connectRaw(port: number, path: string, headers: Readonly<Record<string, string>>, hears: Hears): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const closed = Promise.withResolvers<void>();
  const state = { isOpen: false, closeCode: undefined as number | undefined };
  const client: RawClient = {
    socket,
    get isOpen() {
      return state.isOpen;
    },
    get closeCode() {
      return state.closeCode;
    },
    sendText: (text) => void socket.write(textFrame(text)),
    closed: closed.promise,
  };
  const gone = (error?: Error) => {
    const wasOpen = state.isOpen;
    state.isOpen = false;
    state.closeCode ??= 1006;
    if (wasOpen) hears.closed?.(state.closeCode);
    opened.reject(error ?? new Error('The server closed before the WebSocket was open.'));
    closed.resolve();
  };
  const opened = Promise.withResolvers<void>();
  opened.promise.catch(() => undefined);
  socket.on('error', gone).on('close', () => gone());
  await once(socket, 'connect');
  socket.write(upgradeRequest(path, headers));
  const reader = new FrameReader();
  let head = '';
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk;
    if (!state.isOpen) {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      if (!head.startsWith('HTTP/1.1 101')) return void socket.destroy(new Error(`The server refused: ${head.slice(0, 60)}`));
      rest = Buffer.from(head.slice(end + 4), 'latin1');
      state.isOpen = true;
      opened.resolve();
    }
    for (const { opcode, payload } of reader.take(rest)) {
      if (opcode === OPCODES.text) hears.text(payload.toString(), client);
      else if (opcode === OPCODES.ping) socket.write(encodeFrame({ opcode: OPCODES.pong, payload }));
      else if (opcode === OPCODES.close) {
        state.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
        socket.end(encodeFrame({ opcode: OPCODES.close, payload: payload.subarray(0, 2) }));
      }
    }
  });
  await opened.promise;
  return client;
}

/** Opens the native protocol and says hello; signs of life are given when asked for. */
export async function connectNative(port: number, hello: Readonly<Record<string, unknown>>, hears: Hears): Promise<RawClient> {
  const client = await connectRaw(
    port,
    NATIVE_PATH,
    { 'Sec-WebSocket-Protocol': SUBPROTOCOL },
    {
      ...hears,
      text(text, self) {
        if (text.startsWith('{"type":"ping"')) self.sendText('{"type":"pong"}');
        else hears.text(text, self);
      },
    },
  );
  client.sendText(JSON.stringify({ type: 'hello', ...hello }));
  return client;
}
