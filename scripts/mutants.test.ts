import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants/table.ts';

const root = join(import.meta.dirname, '..');

test('every mutant has a name of its own, and its patch fits the source exactly once and changes it', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  const misfits = MUTANTS.filter(({ file, from, to }) => readFileSync(join(root, file), 'utf8').split(from).length !== 2 || from === to);
  expect(misfits.map(({ name, file }) => `${name}: ${file}`)).toEqual([]);
});

test('a proof that passes on the source as it is notices a mutant, and `npm run mutants` says so', () => {
  const args = [join(root, 'scripts/mutants.ts'), '--only', 'a device that comes back leaves its lost session behind'];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 110_000 });
  expect(stdout).toMatch(/killed by model \(\d+\.\d s/);
  expect(stdout).toMatch(/1 mutants, 1 killed, 0 problems/);
  expect(status).toBe(0);
}, 120_000);
