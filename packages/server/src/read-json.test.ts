import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PorchlightError } from './errors.ts';
import { readJson } from './read-json.ts';

const read = (text: string, depthMax = 8) => readJson(text, { depthMax });

test('[T22] nesting is refused beyond the limit and at no smaller depth', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(read(nested(8))).toBeDefined();
    for (const depth of [9, 100, 10_000, 1_000_000]) expect(() => read(nested(depth))).toThrow(/deeper than 8/);
  }
  expect(() => read('['.repeat(1_000_000))).toThrow(PorchlightError);
});

test('[T22] brackets in texts are no nesting', () => {
  const value = { text: '[[[[[[[[[[{{{{{{{{{', quote: '\\"[[[[[[[[[[[[\\', escaped: '"[[[[[[[[[[[[[[[' };
  expect(read(JSON.stringify(value))).toEqual(value);
});

test.each([
  '{"__proto__":{"admin":true}}',
  '{"a":[{"__proto__":1}]}',
  '{"\\u005f_proto__":1}',
  '{"\\u005F\\u005fproto\\u005f_":1}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"a":{"\\u0063onstructor":{"prototype":1}}}',
])('[T23] %s is refused', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'INVALID_PAYLOAD' }));
});

test('[T23] the same words as values, and harmless keys, are let through', () => {
  const value = { ids: ['__proto__', 'constructor', 'toString'], constructor: 'x', prototype: 1 };
  expect(read(JSON.stringify(value))).toEqual(value);
});

test('it agrees with JSON.parse on every JSON that is not too deep, and throws nothing but our own error on any text', () => {
  // Such keys are made up now and then, and refused.
  const harmless = fc.json({ maxDepth: 4 }).filter((text) => !/__proto__|constructor/.test(text));
  fc.assert(fc.property(harmless, (text) => void expect(read(text, 64)).toEqual(JSON.parse(text))));
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^[[\]{}",:\\u0019a]*$/), fc.json({ maxDepth: 12 }));
  fc.assert(
    fc.property(noise, (text) => {
      try {
        read(text);
      } catch (error) {
        expect(error).toBeInstanceOf(PorchlightError);
      }
    }),
  );
});

test('a refusal does not repeat the input', () => {
  expect(() => read('{"token": secret')).toThrow(/^This is not JSON\.$/);
});
