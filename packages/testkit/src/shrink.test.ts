import { expect, test } from 'vitest';
import { shrink } from './shrink.ts';

const numbers = Array.from({ length: 100 }, (_, index) => index);

test('finds the parts that fail together, however far apart they are', async () => {
  const fails = async (parts: readonly number[]) => parts.includes(3) && parts.includes(71);
  expect(await shrink(numbers, fails, 1_000)).toEqual([3, 71]);
});

test('stops after as many tries as it was given, with something that still fails', async () => {
  let tries = 0;
  const fails = async (parts: readonly number[]) => {
    tries += 1;
    return parts.includes(50);
  };
  const left = await shrink(numbers, fails, 6);
  expect(tries).toBe(6);
  expect(left).toContain(50);
  expect(left.length).toBeLessThan(100);
});

test('leaves nothing of what fails whatever there is, and all of what needs all', async () => {
  expect(await shrink(numbers, async () => true, 1_000)).toEqual([]);
  expect(await shrink(numbers, async (parts) => parts.length === 100, 1_000)).toEqual(numbers);
});
