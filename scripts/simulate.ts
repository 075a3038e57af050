/*
 * npm run simulate -- [--hours H] [--seed N] [--nodes K] [--minutes M] [--shrink] [--keep i,j,k]
 *
 * Plays worlds of simulated servers, people and faults, each M virtual minutes long (default 30), until H virtual hours have passed
 * (default 20), from seed N on (default 1), on K nodes (by turns 1 to 4 unless given). A seed without hours means that one world. Ends with 1 at the first
 * invariant that does not hold, with the command that plays that world again; `--shrink` finds the steps that it takes, and `--keep`
 * plays only those. Ends with 1 also when an invariant was never evaluated or a fault never happened, unless it is one world.
 */
import { parseArgs } from 'node:util';
import { playScript, shrinkScript, Tally, writeScript } from '@porchlight/testkit';

const HOUR_MS = 3_600_000;
const NODES_MAX = 4;
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    hours: { type: 'string' },
    nodes: { type: 'string' },
    minutes: { type: 'string', default: '30' },
    keep: { type: 'string' },
    shrink: { type: 'boolean', default: false },
  },
});

const single = values.seed !== undefined && values.hours === undefined;
const untilMs = Number(values.hours ?? 20) * HOUR_MS;
const kept = values.keep === undefined ? undefined : new Set(values.keep.split(',').map(Number));
const tally = new Tally();
const startedAt = process.cpuUsage();

const nodesOf = (seed: number) => (values.nodes === undefined ? 1 + (seed % NODES_MAX) : Number(values.nodes));

function scriptOf(seed: number) {
  const script = writeScript({ seed, nodes: nodesOf(seed), durationMs: Number(values.minutes) * 60_000 });
  return kept === undefined ? script : { ...script, steps: script.steps.filter((_step, index) => kept.has(index)) };
}

for (let seed = Number(values.seed ?? 1); tally.worlds === 0 || (!single && tally.virtualMs < untilMs); seed += 1) {
  const script = scriptOf(seed);
  const result = await playScript(script);
  tally.add(result);
  if (result.violation === undefined) continue;
  const again = `npm run simulate -- --seed ${seed} --nodes ${nodesOf(seed)} --minutes ${values.minutes}`;
  console.log(`seed ${seed}: ${result.violation.message}\nagain: ${again}`);
  if (values.shrink && kept === undefined) console.log(`shorter: ${again} --keep ${(await shrinkScript(script)).join(',')}`);
  process.exit(1);
}

const { user, system } = process.cpuUsage(startedAt);
const hours = tally.virtualMs / HOUR_MS;
console.log('evaluations', tally.evaluations.toObject());
console.log('faults', tally.faults.toObject());
console.log(
  `${tally.worlds} worlds, ${hours.toFixed(1)} virtual hours, ${tally.steps} steps, 0 violations, ${(hours / ((user + system) / 60e6)).toFixed(0)} virtual hours a CPU-minute`,
);
const missing = single ? [] : tally.missing(values.nodes !== '1');
for (const name of missing) console.log(`never: ${name}`);
process.exit(missing.length === 0 ? 0 : 1);
