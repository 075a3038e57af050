import type { WebSocket } from 'ws';

interface Receiving {
  readonly _receiver?: { _mask?: Buffer | undefined };
}

/**
 * Lets go of what was read last. `ws` keeps the mask of the last frame, four bytes of the buffer that the system filled, and with it the
 * buffer: 200 bytes and the last message, of each connection, until the next one.
 */
export function forgetLastRead(socket: WebSocket | undefined): void {
  const receiver = (socket as unknown as Receiving | undefined)?._receiver;
  if (receiver !== undefined) receiver._mask = undefined;
}
