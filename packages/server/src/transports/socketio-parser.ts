import { Decoder as AnyDecoder, Encoder } from 'socket.io-parser';

/*
 * The usual parser without binary attachments: no dialect has any, and buffers that wait for attachments are a way to fill a server's memory.
 */

export class Decoder extends AnyDecoder {
  constructor() {
    super({ maxAttachments: 0 });
  }
}

export { Encoder };
