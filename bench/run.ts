/**
 * `node bench/run.ts [quick] [--only words] [--json FILE]`: measures Porchlight beside floors and peers and prints tables. `quick`
 * takes ours and the floors that matter most. `--only` takes letters or names of scenarios and names of contestants, separated by commas.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contestants } from './contestants/contestants.ts';
import { type Outcome, play } from './play.ts';
import { type Line, table } from './report.ts';
import { engineAlone, runEngineAlone } from './scenarios/engine-alone.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { canPin } from './server-process.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' }, json: { type: 'string' } } });
const size = positionals.includes('quick') ? 'quick' : 'full';
const only = (values.only ?? '').split(',').filter((word) => word !== '');
const file = values.json ?? fileURLToPath(new URL(`./results/${size}.json`, import.meta.url));

const wantedScenarios = scenarios.filter(({ letter, name }) => only.includes(letter) || only.includes(name));
const wantedContestants = contestants.filter(({ name }) => only.some((word) => word.length > 1 && name.includes(word)));
const wantsEngine = only.includes(engineAlone.letter) || only.includes(engineAlone.name);
const all = wantedScenarios.length === 0 && !wantsEngine;
const chosenScenarios = all ? scenarios : wantedScenarios;
const chosenContestants =
  wantedContestants.length > 0
    ? wantedContestants
    : contestants.filter(({ kind, onlyFull }) => size === 'full' || (kind !== 'peer' && onlyFull !== true));

/** Installs the peers of npm beside their own lock file, once; without a network they are skipped by name. */
function installPeers(): void {
  const folder = fileURLToPath(new URL('./peers/', import.meta.url));
  if (existsSync(`${folder}node_modules`) || !chosenContestants.some(({ kind }) => kind === 'peer')) return;
  try {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    console.log('The npm peers could not be installed and are skipped.\n');
  }
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const place = canPin ? 'server on core 0, load on core 1' : 'NOT bound to cores: taskset or a second core is missing';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}; ${place}`;
}

/** What does not fit is named in the report; the rest of it is still whole. */
const RUN_MS_MAX = 19 * 60_000;

const lines: Line[] = [];

/** After each table, so that a run that is broken off keeps what it measured. */
function save(): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ machine: machine(), size, at: new Date().toISOString(), lines }, undefined, 2)}\n`);
}

const startedAt = performance.now();
console.log(`${machine()}\n`);
installPeers();
if (wantsEngine || (all && wantedContestants.length === 0)) {
  const block = await runEngineAlone(size);
  console.log(table(engineAlone, engineAlone.setting, block));
  lines.push(...block);
  save();
}
for (const scenario of chosenScenarios) {
  for (const [setting, { label }] of scenario.settings[size].entries()) {
    const block: Line[] = [];
    for (const contestant of chosenContestants) {
      const late = performance.now() - startedAt > RUN_MS_MAX;
      const outcome: Outcome = late ? { skipped: 'the time was up' } : await play(contestant, scenario, size, setting);
      block.push({ scenario: scenario.letter, setting: label, contestant: contestant.name, outcome });
      if ('failed' in outcome) console.error(`${contestant.name} failed in (${scenario.letter}): ${outcome.failed}\n`);
    }
    console.log(table(scenario, label, block));
    lines.push(...block);
    save();
  }
}
for (const { name, lacks } of chosenContestants.filter(({ kind }) => kind !== 'ours')) console.log(`${name} does not do: ${lacks}.`);
console.log(`\nTook ${Math.round((performance.now() - startedAt) / 1_000)} s.`);
process.exitCode = lines.some(({ outcome }) => 'failed' in outcome) ? 1 : 0;
