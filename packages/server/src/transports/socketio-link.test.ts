import fc from 'fast-check';
import type { Socket } from 'socket.io';
import { expect, test } from 'vitest';
import { SocketIoLink } from './socketio-link.ts';
import { bytesOf, textFrame } from './text-frame.ts';

test('[S10.4] a change is one whole WebSocket frame, whatever its length', () => {
  const lengths = fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000);
  fc.assert(
    fc.property(lengths, fc.constantFrom('x', 'é', '😀'), (length, letter) => {
      const text = letter.repeat(length);
      const bytes = Buffer.byteLength(text);
      const frame = Buffer.from(textFrame(bytesOf(text)), 'latin1');
      expect(frame[0]).toBe(0x81);
      const short = frame[1] as number;
      const [header, stated] =
        short < 126 ? [2, short] : short === 126 ? [4, frame.readUInt16BE(2)] : [10, Number(frame.readBigUInt64BE(2))];
      expect(stated).toBe(bytes);
      expect(frame.length).toBe(header + bytes);
      expect(frame.subarray(header).toString()).toBe(text);
    }),
    { numRuns: 60 },
  );
});

test('[S11.1] [I7] what Engine.IO keeps while the socket takes no more counts as waiting; what it keeps until the end of a turn does not', () => {
  const raw = { bufferedAmount: 0, readyState: 1, OPEN: 1 };
  const writeBuffer: unknown[] = [];
  const write = (data: string, options: object) => writeBuffer.push({ type: 'message', options, ...(data === '' ? null : { data }) });
  const conn = { readyState: 'open', transport: { name: 'websocket', writable: false, socket: raw }, writeBuffer, write };
  const link = new SocketIoLink({ conn, nsp: { name: '/' } } as unknown as Socket);
  link.tell(['a frame'.repeat(1_000)]);
  write('an answer'.repeat(1_000), {});
  expect(link.bufferedBytes()).toBe(0);
  raw.bufferedAmount = 10;
  expect(link.bufferedBytes()).toBeGreaterThan(10 + 7_000 + 9_000);
});
