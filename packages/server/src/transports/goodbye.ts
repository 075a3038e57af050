import type { Socket } from 'socket.io';

/** The little that is used of Engine.IO's connection, and of `ws`. */
interface EngineConnection {
  readonly transport: { readonly socket?: { readonly _closeCode?: number } };
}

/** RFC 6455, 7.4.1: what the connection was for is done. A tab that is closed says 1001, a network that breaks says nothing. */
const NORMAL_CLOSURE = 1_000;

/**
 * The packet with which a client leaves a namespace. Of a poll that carries it and the end of the transport together, Socket.IO handles the
 * end first, and calls it a loss.
 */
export const goodbyeOf = (namespace: string) => (namespace === '/' ? '1' : `1${namespace},`);

/** Whether the client closed its WebSocket in good order, which some (python-socketio) do before their goodbye is sent. */
export function closedInOrder(socket: Socket): boolean {
  return (socket.conn as unknown as EngineConnection).transport.socket?._closeCode === NORMAL_CLOSURE;
}
