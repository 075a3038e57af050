/*
 * npm run mutants -- [--only WORD]
 *
 * Breaks the source in small, named ways, one at a time and in a copy, and shows that the proofs notice each within a minute. Ends with 1
 * when a mutant lives, when its patch no longer fits the source, or when a proof fails without any mutant.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Killer, MUTANTS, type Mutant } from './mutants/table.ts';

const TIMEOUT_MS = 60_000;
const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });

const COMMANDS: Record<Killer, (seed: number) => readonly string[]> = {
  simulate: (seed) => ['scripts/simulate.ts', '--hours', '60', '--seed', String(seed)],
  model: () => ['scripts/model.ts', '--runs', '1500', '--seed', '1'],
  pairs: () => ['scripts/paired-worlds.ts', '--pairs', '90', '--seed', '1'],
  contract: () => ['node_modules/vitest/vitest.mjs', 'run', 'packages/server/src/stores/memory.test.ts'],
};

/** Copies the packages, and links everything else, so that what is broken is broken nowhere else. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'porchlight-mutants-'));
  const isWanted = (path: string) => !/node_modules|\/dist(\/|$)/.test(path.slice(root.length));
  for (const name of ['packages', 'scripts', 'package.json', 'vitest.config.ts', 'tsconfig.base.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: isWanted });
  mkdirSync(join(copy, 'node_modules', '@porchlight'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@porchlight') symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const name of readdirSync(join(copy, 'packages')))
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules', '@porchlight', name));
  return copy;
}

/** Undefined when the proof passes, else how it failed. */
function failureOf(copy: string, killer: Killer, seed = 1): string | undefined {
  const began = performance.now();
  const [script, ...args] = COMMANDS[killer](seed) as [string, ...string[]];
  const run = spawnSync(process.execPath, [script, ...args], { cwd: copy, timeout: TIMEOUT_MS, encoding: 'utf8' });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  if (run.error !== undefined || run.signal !== null) return `hung, ${seconds} s`;
  // Too short a run to see every fault is no failure.
  const isShort = run.stdout.includes('never:') && !run.stdout.includes('again:');
  return run.status === 0 || isShort ? undefined : `${seconds} s`;
}

function survives(copy: string, { name, file, from, to, killedBy, seed }: Mutant): string | undefined {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) return `${name}: its patch does not fit ${file} exactly once`;
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const failure = failureOf(copy, killedBy, seed);
  writeFileSync(path, source);
  if (failure === undefined) return `${name}: lives, ${killedBy} did not notice`;
  console.log(`killed by ${killedBy} (${failure}): ${name}`);
  return undefined;
}

const copy = copyTree();
try {
  const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
  const problems = [...new Set(chosen.map(({ killedBy }) => killedBy))].flatMap((killer) => {
    const failure = failureOf(copy, killer);
    return failure === undefined ? [] : [`${killer} fails without any mutant (${failure})`];
  });
  if (problems.length === 0) problems.push(...chosen.flatMap((mutant) => survives(copy, mutant) ?? []));
  for (const problem of problems) console.log(`! ${problem}`);
  console.log(`${chosen.length} mutants, ${chosen.length - problems.length} killed, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
