import { Adapter } from 'socket.io-adapter';

/**
 * Socket.IO's adapter without rooms: nothing here is sent to rooms, and the one that every socket has for itself, with the list of rooms that
 * it is in, is 700 bytes.
 */
export class RoomlessAdapter extends Adapter {
  override addAll(): void {}
  override del(): void {}
  override delAll(): void {}
}
