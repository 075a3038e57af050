import { expect, test } from 'vitest';
import { codeBlocks, compilerErrors } from '../../client/src/testing/quick-start.ts';

const readme = new URL('../README.md', import.meta.url);
const blocks = codeBlocks(readme, 'ts');

test('the quick start has at most 12 lines', () => {
  expect(blocks[0]?.trim().split('\n').length).toBeLessThanOrEqual(12);
});

test('the code of the README compiles', () => {
  expect(blocks.flatMap((block) => compilerErrors(readme, block, 'ts'))).toEqual([]);
}, 120_000);
