import { expect, test } from 'vitest';
import { frameParts } from './frame-parts.ts';

const bytesOf = (ids: readonly string[]) => new TextEncoder().encode(JSON.stringify({ type: 'watch', request: 'w123', add: ids })).length;

test('fits ids of any kind into frames of the server’s size', () => {
  const limits = { frameBytesMax: 4_096, idsMax: 100 };
  for (const letter of ['a', 'ü', '日', '😀', '"', '\\']) {
    const ids = Array.from({ length: 500 }, (_, index) => letter.repeat(40) + index);
    const parts = frameParts(ids, limits);
    expect(parts.flat()).toEqual(ids);
    for (const part of parts) {
      expect(bytesOf(part)).toBeLessThanOrEqual(limits.frameBytesMax);
      expect(part.length).toBeLessThanOrEqual(limits.idsMax);
    }
  }
});

test('makes no frame of nothing', () => {
  expect(frameParts([], { frameBytesMax: 4_096, idsMax: 100 })).toEqual([]);
});
