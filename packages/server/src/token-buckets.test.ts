import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createManualClock } from './clock.ts';
import { createTokenBuckets } from './token-buckets.ts';

function setup(given: Partial<{ burst: number; perMinute: number; keysMax: number }> = {}) {
  const clock = createManualClock();
  return { clock, buckets: createTokenBuckets({ burst: 3, perMinute: 60, keysMax: 1_000, ...given, clock }) };
}

test('a burst is granted, then one a refill, and a refusal says when', () => {
  const { clock, buckets } = setup();
  expect([1, 2, 3].map(() => buckets.take('a'))).toEqual([0, 0, 0]);
  expect(buckets.take('a')).toBe(1_000);
  expect(buckets.take('b')).toBe(0);
  clock.advance(999);
  expect(buckets.take('a')).toBe(1);
  clock.advance(1);
  expect(buckets.take('a')).toBe(0);
  expect(buckets.take('a')).toBe(1_000);
});

test('a refusal takes nothing, and a cost above the burst is never granted', () => {
  const { clock, buckets } = setup();
  expect(buckets.take('a', 4)).toBe(Number.POSITIVE_INFINITY);
  expect(buckets.take('a', 3)).toBe(0);
  expect(buckets.take('a', 2)).toBe(2_000);
  clock.advance(2_000);
  expect(buckets.take('a', 2)).toBe(0);
});

test('what is granted in any time is at most the burst and the refill, whatever is asked and forgotten', () => {
  const asks = fc.array(fc.record({ waitMs: fc.nat(4_000), key: fc.constantFrom('a', 'b', 'c'), cost: fc.integer({ min: 1, max: 4 }) }));
  fc.assert(
    fc.property(asks, (steps) => {
      const { clock, buckets } = setup();
      const model = new Map<string, { thousandths: number; at: number }>();
      for (const { waitMs, key, cost } of steps) {
        clock.advance(waitMs);
        const known = model.get(key) ?? { thousandths: 3_000, at: clock.now() };
        const thousandths = Math.min(3_000, known.thousandths + clock.now() - known.at);
        const granted = thousandths >= cost * 1_000;
        expect(buckets.take(key, cost) === 0).toBe(granted);
        model.set(key, { thousandths: granted ? thousandths - cost * 1_000 : thousandths, at: clock.now() });
      }
    }),
  );
});

test('keys that are full again are forgotten, and a flood of keys stays within its bound', () => {
  const { clock, buckets } = setup({ keysMax: 100 });
  for (let n = 0; n < 10_000; n++) buckets.take(`flood-${n}`);
  expect(buckets.size()).toBeLessThanOrEqual(100);
  clock.advance(10_000);
  buckets.take('a');
  expect(buckets.size()).toBe(1);
});

test('a flood that stays below the bound frees nobody', () => {
  const { buckets } = setup({ keysMax: 100 });
  buckets.take('greedy', 3);
  for (let n = 0; n < 49; n++) buckets.take(`other-${n}`);
  expect(buckets.take('greedy')).toBe(1_000);
});
