import type { Writable } from 'node:stream';
import { WebSocket } from 'ws';
import { JsonWriter } from '../dialects/written.ts';

/** More than this is not gathered: what waits here is in no link's `bufferedBytes`. */
const GATHERED_MAX = 65_536;
/** The header of a frame of 126 to 65,535 bytes: most answers. */
const HEADER = 4;

const json = new JsonWriter(2 * GATHERED_MAX);
let reader: Writable | null = null;
let readersSocket: Pick<WebSocket, 'readyState'> | null = null;

/**
 * Writes one text frame (final, not masked: RFC 6455, 5.2) to a socket. All that is written to one socket in a turn of the event loop
 * leaves in one write, when the turn ends or somebody else is written to: of eight questions that came together, each answer costs half.
 * What is written to the socket in other ways has to be preceded by `finishTurn`. With `sameAnswer`, the frame goes with the one before it.
 */
export function writeFrame(
  ws: Pick<WebSocket, 'readyState'>,
  socket: Writable,
  write: (json: JsonWriter) => void,
  sameAnswer = false,
): void {
  if (reader !== socket) {
    finishTurn();
    reader = socket;
    readersSocket = ws;
    process.nextTick(finishTurn);
  } else if (json.length > GATHERED_MAX && !sameAnswer) {
    send(socket);
  }
  const start = json.length;
  json.skip(HEADER);
  try {
    write(json);
  } catch (error) {
    json.cutTo(start);
    throw error;
  }
  putHeader(start, json.length - start - HEADER);
}

/** Sends what was written in this turn, and is still here. */
export function finishTurn(): void {
  if (reader === null) return;
  send(reader);
  reader = null;
  readersSocket = null;
}

function send(socket: Writable): void {
  if (json.length === 0) return;
  // Its client may have closed it since: nothing may follow the answer to that.
  if (readersSocket?.readyState !== WebSocket.OPEN || !socket.writable) return json.startAgain('same');
  // Behind what its reader has not taken it waits as bytes of its own: a view of this memory would keep all of it for an answer of a few bytes.
  const waits = socket.writableLength > 0;
  socket.write(waits ? Buffer.from(json.from(0)) : json.from(0));
  // As a rule the kernel has taken all of it by now, and the memory, warm as it is, is free again.
  json.startAgain(waits || socket.writableLength === 0 ? 'same' : 'new');
}

function putHeader(start: number, length: number): void {
  json.setByte(start, 0x81);
  if (length < 126) {
    json.move(start + HEADER, 2 - HEADER);
    json.setByte(start + 1, length);
  } else if (length < 65_536) {
    json.setByte(start + 1, 126);
    json.setByte(start + 2, length >> 8);
    json.setByte(start + 3, length & 0xff);
  } else {
    json.move(start + HEADER, 10 - HEADER);
    json.setByte(start + 1, 127);
    for (let byte = 0; byte < 8; byte += 1) json.setByte(start + 9 - byte, byte < 4 ? (length >>> (8 * byte)) & 0xff : 0);
  }
}
