import fc from 'fast-check';
import { expect, test } from 'vitest';
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
