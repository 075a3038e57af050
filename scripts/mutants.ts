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

/** Within this a mutant must be noticed. */
const KILLED_WITHIN_MS = 60_000;
/** A proof without any mutant goes on to its end, however busy the machine is. */
const PROOF_MS_MAX = 300_000;
const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });

const COMMANDS: Record<Killer, (seed: number) => readonly string[]> = {
  simulate: (seed) => ['scripts/simulate.ts', '--hours', '60', '--nodes', '1', '--seed', String(seed)],
  model: () => ['scripts/model.ts', '--runs', '500', '--seed', '1'],
  pairs: () => ['scripts/paired-worlds.ts', '--pairs', '60', '--seed', '1'],
  engine: () => ['node_modules/vitest/vitest.mjs', 'run', 'packages/engine/src/coarse.test.ts', 'packages/engine/src/watches.test.ts'],
  contract: () => ['node_modules/vitest/vitest.mjs', 'run', 'packages/server/src/stores/memory.test.ts'],
  cluster: () => [
    'node_modules/vitest/vitest.mjs',
    'run',
    'packages/server/src/cluster/member.test.ts',
    'packages/server/src/several-nodes.test.ts',
  ],
  several: (seed) => ['scripts/simulate.ts', '--hours', '30', '--nodes', '3', '--seed', String(seed)],
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

interface Outcome {
  /** What the proof found; undefined when it passed. */
  readonly found: string | undefined;
  /** It did not end in time, and was ended. */
  readonly isLate: boolean;
  readonly seconds: string;
}

function run(copy: string, killer: Killer, timeout: number, seed = 1): Outcome {
  const began = performance.now();
  const [script, ...args] = COMMANDS[killer](seed) as [string, ...string[]];
  const { error, signal, status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: copy,
    timeout,
    encoding: 'utf8',
  });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  if (error !== undefined || signal !== null) return { found: undefined, isLate: true, seconds };
  // Too short a run to see every fault is no failure.
  const isShort = stdout.includes('never:') && !stdout.includes('again:');
  return { found: status === 0 || isShort ? undefined : firstWords(`${stdout}\n${stderr}`), isLate: false, seconds };
}

/** The line that says what is wrong, as far as it can be told. */
function firstWords(output: string): string {
  const lines = output.split('\n').flatMap((line) => (line.includes('✓') ? [] : [line.trim()]));
  const line =
    lines.find((each) => /differ|the model says|VIOLATION|violat|AssertionError|^! |\[I\d+|Error:/i.test(each)) ??
    lines.find((each) => each !== '');
  return (line ?? 'without a word').slice(0, 110);
}

function survives(copy: string, { name, file, from, to, killedBy, seed }: Mutant): string | undefined {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) return `${name}: its patch does not fit ${file} exactly once`;
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const { found, isLate, seconds } = run(copy, killedBy, KILLED_WITHIN_MS, seed);
  writeFileSync(path, source);
  if (found === undefined) return `${name}: lives, ${killedBy} did not notice${isLate ? ` within ${seconds} s` : ''}`;
  console.log(`killed by ${killedBy} (${seconds} s): ${name}\n    ${found}`);
  return undefined;
}

const copy = copyTree();
try {
  const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
  const problems = [...new Set(chosen.map(({ killedBy }) => killedBy))].flatMap((killer) => {
    const { found, isLate, seconds } = run(copy, killer, PROOF_MS_MAX);
    if (isLate) return [`${killer} does not end without any mutant, in ${seconds} s`];
    return found === undefined ? [] : [`${killer} fails without any mutant: ${found}`];
  });
  if (problems.length === 0) problems.push(...chosen.flatMap((mutant) => survives(copy, mutant) ?? []));
  for (const problem of problems) console.log(`! ${problem}`);
  console.log(`${chosen.length} mutants, ${chosen.length - problems.length} killed, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
