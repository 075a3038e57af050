import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';

interface Transport {
  readonly socket?: WebSocket;
}

/** The little that is used of Engine.IO's connection. */
interface EngineConnection {
  readonly transport: Transport;
  on(event: 'data', heard: (text: unknown) => void): void;
  on(event: 'upgrade', upgraded: (transport: Transport) => void): void;
}

/** RFC 6455, 7.4.1: what the connection was for is done. A tab that is closed says 1001, a network that breaks says nothing. */
const NORMAL_CLOSURE = 1_000;

/**
 * Listens for goodbyes that Socket.IO reports as "transport close", and says whether there was one. Of a poll that carries the goodbye of
 * the namespace and the end of the transport together, it handles the end first; and some clients (python-socketio) close their WebSocket
 * before the goodbye is sent, but close it in good order.
 */
export function listenForGoodbye(socket: Socket): () => boolean {
  const conn = socket.conn as unknown as EngineConnection;
  const goodbye = socket.nsp.name === '/' ? '1' : `1${socket.nsp.name},`;
  let said = false;
  conn.on('data', (text) => {
    if (text === goodbye) said = true;
  });
  const watch = (transport: Transport) =>
    transport.socket?.prependListener('close', (code: number) => {
      if (code === NORMAL_CLOSURE) said = true;
    });
  watch(conn.transport);
  conn.on('upgrade', watch);
  return () => said;
}
