import { AUDIENCE } from '@porchlight/engine';
import { expect, test } from 'vitest';
import { native } from './dialects/native.ts';
import { SharedEncodings } from './shared-encodings.ts';

test('[S7.14] no way of writing shares with another, nor one kind of viewer with another', () => {
  const encodings = new SharedEncodings();
  const formats = ['one', 'two', 'three'].map((encoding) => encodings.formatOf(native, false, encoding));
  const kinds = Object.values(AUDIENCE);
  const all = formats.flatMap((format) => kinds.map((audience) => encodings.by(format, audience, 1)));
  expect(new Set(all).size).toBe(formats.length * kinds.length);
});
