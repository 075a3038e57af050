// Harms real server processes: `npm run chaos -- [--seed N] [--only kill] [--small]`. Ends with 1 when a promise was broken.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSystemClock } from '@porchlight/server';
import { type ChaosReport, SCENARIOS } from '@porchlight/testkit/chaos';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, only: { type: 'string' }, small: { type: 'boolean', default: false } },
});
const seed = Number(values.seed);
const chosen = SCENARIOS.filter(({ name }) => values.only === undefined || name === values.only);
if (!Number.isSafeInteger(seed)) throw new Error('--seed is a whole number.');
if (chosen.length === 0) throw new Error(`--only is one of ${SCENARIOS.map(({ name }) => name).join(', ')}.`);

// The server's clock, which is used here too, keeps no process alive.
setInterval(() => {}, 60_000);

const program = join(import.meta.dirname, '../packages/server/src/cli.ts');
const listed = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

function tell({ name, skipped, faults, checks, figures, violations }: ChaosReport, tookMs: number): void {
  if (skipped !== undefined) return console.log(`\n${name}: skipped, ${skipped}`);
  console.log(`\n${name}: ${violations.length === 0 ? 'held' : 'BROKEN'}, ${(tookMs / 1_000).toFixed(0)} s`);
  console.log(`  faults: ${listed(faults)}\n  looked at: ${listed(checks)}\n  figures: ${listed(figures)}`);
  for (const violation of violations) console.log(`  VIOLATION ${violation}`);
  if (violations.length > 0) console.log(`  again: npm run chaos -- --seed ${seed} --only ${name}${values.small ? ' --small' : ''}`);
}

const clock = createSystemClock();
let broken = 0;
for (const scenario of chosen) {
  console.log(`\n${scenario.name}: ${scenario.purpose}`);
  const startedAt = clock.now();
  const report = await scenario.run({ program, seed, clock, size: values.small ? 'small' : 'full', print: console.log });
  tell(report, clock.now() - startedAt);
  broken += report.violations.length;
}
process.exit(broken === 0 ? 0 : 1);
