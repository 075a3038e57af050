import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { finishTurn, writeFrame } from './turn-writes.ts';

/** A socket that keeps what it was given; `slow` ones take nothing before `take`. */
class Reader extends Writable {
  readonly given: Buffer[] = [];
  readyState: 0 | 1 | 2 | 3 = WebSocket.OPEN;
  readonly #slow: boolean;
  #waiting: (() => void)[] = [];

  constructor(slow = false) {
    super();
    this.#slow = slow;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // As a socket: what is taken at once is copied, what waits is kept.
    this.given.push(this.#slow ? chunk : Buffer.from(chunk));
    if (this.#slow) this.#waiting.push(done);
    else done();
  }

  take(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}

const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve));

function framesIn(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).toBe(0x81);
    const short = bytes[at + 1] as number;
    const [header, length] =
      short < 126 ? [2, short] : short === 126 ? [4, bytes.readUInt16BE(at + 2)] : [10, Number(bytes.readBigUInt64BE(at + 2))];
    frames.push(bytes.toString('latin1', at + header, at + header + length));
    at += header + length;
  }
  return frames;
}

const say = (reader: Reader, text: string, sameAnswer = false) => writeFrame(reader, reader, (json) => json.ascii(text), sameAnswer);

test('[S10.4] what is said to one reader in a turn leaves in one write of whole frames, in order, whatever their lengths', async () => {
  const [one, other] = [new Reader(), new Reader()];
  const texts = [0, 1, 125, 126, 60_000].map((length) => 'x'.repeat(length));
  for (const text of texts) say(one, text);
  expect(one.given).toHaveLength(0);
  await nextTick();
  expect(one.given.map(framesIn)).toEqual([texts]);
  say(other, 'first');
  say(one, 'second');
  say(other, 'third');
  await nextTick();
  expect(one.given.slice(1).map(framesIn)).toEqual([['second']]);
  expect(other.given.map(framesIn)).toEqual([['first'], ['third']]);
});

test.each([125, 126, 65_535, 65_536, 200_000])('[S10.4] a frame of %i bytes, with an acknowledgement in the same write', async (length) => {
  const reader = new Reader(true);
  const text = 'y'.repeat(length);
  say(reader, text);
  say(reader, text, true);
  // What is waiting must not be written over by what is said next.
  await nextTick();
  const next = new Reader(true);
  say(next, 'z'.repeat(length));
  finishTurn();
  expect(reader.given).toHaveLength(1);
  expect(framesIn(reader.given[0] as Buffer)).toEqual([text, text]);
  expect(framesIn(next.given[0] as Buffer)).toEqual(['z'.repeat(length)]);
  reader.take();
});

test('[S18.3] not much is gathered, and what cannot be written leaves nothing behind', async () => {
  const reader = new Reader(true);
  for (let count = 0; count < 4; count += 1) say(reader, 'x'.repeat(70_000));
  expect(reader.writableLength).toBeGreaterThanOrEqual(3 * 70_000);
  const other = new Reader(true);
  say(other, 'before');
  expect(() =>
    writeFrame(other, other, (json) => {
      json.ascii('half');
      throw new Error('no words');
    }),
  ).toThrow('no words');
  say(other, 'after');
  finishTurn();
  expect(framesIn(other.given[0] as Buffer)).toEqual(['before', 'after']);
  reader.destroy();
  say(reader, 'too late');
  finishTurn();
  expect(reader.given).toHaveLength(1);
});

test('[S11.1] [I7] what a reader does not take costs its own size, not the memory it was written in', () => {
  const reader = new Reader(true);
  for (let count = 0; count < 100; count += 1) {
    say(reader, `answer ${count}`);
    finishTurn();
  }
  const waiting: Buffer[] = [];
  for (let taken = 0; reader.given.length > taken; taken += 1) {
    waiting.push(reader.given[taken] as Buffer);
    reader.take();
  }
  expect(waiting.flatMap(framesIn)).toEqual(Array.from({ length: 100 }, (_, count) => `answer ${count}`));
  const memory = new Set(waiting.map(({ buffer }) => buffer));
  expect([...memory].reduce((bytes, { byteLength }) => bytes + byteLength, 0)).toBeLessThan(300_000);
});

test('[S18.3] nothing follows the answer to a close that came in the same turn', () => {
  const reader = new Reader();
  say(reader, 'late');
  reader.readyState = WebSocket.CLOSING;
  finishTurn();
  expect(reader.given).toHaveLength(0);
  const other = new Reader();
  say(other, 'in time');
  finishTurn();
  expect(other.given.map(framesIn)).toEqual([['in time']]);
});
