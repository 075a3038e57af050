import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/*
 * SPEC.md and the tests tell of the same behaviour: every number in it is shown by a test, and no test shows a number that is not in it.
 */

const root = resolve(import.meta.dirname, '..');

function testsUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testsUnder(path);
    return /\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const specified = [...readFileSync(join(root, 'SPEC.md'), 'utf8').matchAll(/^- (S\d+\.\d+) /gm)].map((match) => match[1] as string);

/** Where each number is cited. */
const cited = new Map<string, string[]>();
for (const folder of ['packages', 'scripts', 'bench', 'examples'])
  for (const path of testsUnder(join(root, folder)))
    for (const [, id] of readFileSync(path, 'utf8').matchAll(/\[(S\d+\.\d+)\]/g))
      cited.set(id as string, [...(cited.get(id as string) ?? []), relative(root, path)]);

test('every number stands once, in order', () => {
  const keyOf = (id: string) => id.slice(1).split('.').map(Number) as [number, number];
  const sorted = [...new Set(specified)].sort((a, b) => keyOf(a)[0] - keyOf(b)[0] || keyOf(a)[1] - keyOf(b)[1]);
  expect(specified).toEqual(sorted);
  expect(specified.length).toBeGreaterThan(100);
});

test('every number is shown by a test', () => {
  expect(specified.filter((id) => !cited.has(id))).toEqual([]);
});

test('no test shows a number that is not there', () => {
  expect([...cited].filter(([id]) => !specified.includes(id)).map(([id, paths]) => `${id} in ${paths[0]}`)).toEqual([]);
});
