import fc from 'fast-check';
import { expect, test } from 'vitest';
import { depthOf } from './json-depth.ts';

const naive = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(naive)) : 0;

test('[S18.5] [T22] depth is counted without recursion, and no further than it matters', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => depthOf(value, 100) === naive(value)));
  let deep: unknown = 1;
  for (let level = 0; level < 1_000_000; level += 1) deep = [deep];
  expect(depthOf(deep, 8)).toBe(9);
});
