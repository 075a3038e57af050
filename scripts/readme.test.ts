import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { optionsMarkdown } from '../packages/server/src/options/markdown.ts';

const readme = readFileSync(join(resolve(import.meta.dirname, '..'), 'README.md'), 'utf8');

test('the README lists every option as it is', () => {
  const table = readme.match(/<!-- options:[^>]*-->\n([\s\S]*?)<!-- \/options -->/)?.[1];
  expect(table?.trim()).toBe(optionsMarkdown());
});
