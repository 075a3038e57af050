/**
 * `node bench/run.ts [quick] [--only words] [--json FILE]`: measures Porchlight beside floors and peers and prints tables. `quick`
 * takes ours and the floors that matter most. `--only` takes letters or names of scenarios and names of contestants, separated by commas.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contestants } from './contestants/contestants.ts';
import { can, Plan, rowsOf } from './plan.ts';
import { type Outcome, play } from './play.ts';
import { type Line, type Run, table } from './report.ts';
import { engineAlone, engineSeconds, runEngineAlone } from './scenarios/engine-alone.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { canPin } from './server-process.ts';

const startedAt = performance.now();
const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' }, json: { type: 'string' } } });
const size = positionals.includes('quick') ? 'quick' : 'full';
const only = (values.only ?? '').split(',').filter((word) => word !== '');
const file = values.json ?? fileURLToPath(new URL(`./results/${size}.json`, import.meta.url));

const wantedScenarios = scenarios.filter(({ letter, name }) => only.includes(letter) || only.includes(name));
const wantedContestants = contestants.filter(({ name }) => only.some((word) => word.length > 1 && name.includes(word)));
const wantsEngine = only.includes(engineAlone.letter) || only.includes(engineAlone.name);
const all = wantedScenarios.length === 0 && !wantsEngine;
const chosenScenarios = all ? scenarios : wantedScenarios;
const withEngine = wantsEngine || (all && wantedContestants.length === 0);
const chosenContestants =
  wantedContestants.length > 0
    ? wantedContestants
    : contestants.filter(({ kind, onlyFull }) => size === 'full' || (kind !== 'peer' && onlyFull !== true));

/** Installs the peers of npm beside their own lock file, once; without a network they are skipped by name. */
function installPeers(): void {
  const folder = fileURLToPath(new URL('./peers/', import.meta.url));
  if (existsSync(`${folder}node_modules`) || !chosenContestants.some(({ kind }) => kind === 'peer')) return;
  console.log('Installing the peers of npm.');
  try {
    const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts'];
    execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], timeout: 120_000 });
  } catch {
    console.log('The npm peers could not be installed and are skipped.\n');
  }
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const place = canPin ? 'server on core 0, load on core 1' : 'NOT bound to cores: taskset or a second core is missing';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}; ${place}`;
}

const busy = () => `load average ${loadavg()[0]!.toFixed(1)}`;
const run: Run = { machine: machine(), size, at: new Date().toISOString(), busyBefore: busy(), busyAfter: '', seconds: 0, lines: [] };

/** After each row, so that a run that is broken off keeps what it measured. */
function save(): void {
  run.seconds = Math.round((performance.now() - startedAt) / 1_000);
  run.busyAfter = busy();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(run, undefined, 2)}\n`);
}

installPeers();
const rows = rowsOf(chosenScenarios, chosenContestants, size);
const plan = new Plan(rows, size, startedAt);
const engine = { letter: engineAlone.letter, label: engineAlone.title, seconds: engineSeconds(size) };
console.log(`${run.machine}; ${run.busyBefore}\n\n${plan.describe(withEngine ? [engine] : [])}`);
if (withEngine) {
  const block = await runEngineAlone(size);
  console.log(table(engineAlone, engineAlone.setting, block));
  run.lines.push(...block);
  save();
}

/** The lines of a table in the order of the report, with those who cannot do it. */
function blockOf(scenario: Scenario, label: string): Line[] {
  return chosenContestants.flatMap(({ name, wire }): Line[] => {
    const head = { scenario: scenario.letter, setting: label, contestant: name };
    if (!can({ wire }, scenario)) return [{ ...head, seconds: 0, outcome: { unable: 'it has no words for it' } }];
    return played.filter((line) => line.scenario === scenario.letter && line.setting === label && line.contestant === name);
  });
}

const played: Line[] = [];
const engineLines = [...run.lines];
for (const [index, row] of rows.entries()) {
  const { scenario, setting, sizes, contestant } = row;
  const time = plan.timeFor(row);
  const began = performance.now();
  const outcome: Outcome = time === undefined ? { skipped: 'the time was up' } : await play(contestant, scenario, size, setting, time);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  played.push({ scenario: scenario.letter, setting: sizes.label, contestant: contestant.name, seconds, outcome });
  console.error(`(${scenario.letter}) ${sizes.label}, ${contestant.name}: ${seconds} s`);
  if ('failed' in outcome) console.error(`${contestant.name} failed in (${scenario.letter}): ${outcome.failed}\n`);
  run.lines = [...engineLines, ...chosenScenarios.flatMap((each) => each.settings[size].flatMap(({ label }) => blockOf(each, label)))];
  save();
  const isLast = !rows.slice(index + 1).some((later) => later.scenario === scenario && later.sizes === sizes);
  if (isLast) console.log(table(scenario, sizes.label, blockOf(scenario, sizes.label)));
}
for (const { name, lacks } of chosenContestants.filter(({ kind }) => kind !== 'ours')) console.log(`${name} does not do: ${lacks}.`);
save();
console.log(`\nTook ${run.seconds} s; the figures are in ${file}.`);

// What fails or loses of others is in the tables; of ours it fails the run.
const ours = new Set([...contestants.filter(({ kind }) => kind === 'ours').map(({ name }) => name)]);
const broken = run.lines.filter(
  ({ scenario, contestant, outcome }) =>
    (ours.has(contestant) || scenario === engineAlone.letter) && ('failed' in outcome || ('result' in outcome && outcome.result.lost > 0)),
);
for (const { scenario, contestant } of broken) console.error(`${contestant} failed or lost deliveries in (${scenario}).`);
process.exitCode = broken.length > 0 ? 1 : 0;
