// Fuzzes a real server: `npm run fuzz -- [--seed N] [--inputs N]`. Ends with 1 when it suffered, and says how to see it again.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUILT_IN_DIALECTS, createSystemClock } from '@porchlight/server';
import { fuzz } from '@porchlight/testkit/fuzz';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, inputs: { type: 'string', default: '300000' } } });
const [seed, inputs] = [Number(values.seed), Number(values.inputs)];
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(inputs) || inputs < 1) throw new Error('--seed and --inputs are whole numbers.');

// The server's clock, which is used here too, keeps no process alive.
setInterval(() => {}, 60_000);

const program = join(import.meta.dirname, '../packages/server/src/cli.ts');
const report = await fuzz({ program, seed, inputs, dialects: BUILT_IN_DIALECTS, clock: createSystemClock(), print: console.log });

const sum = Object.values(report.inputs).reduce((total, count) => total + count, 0);
const each = Object.entries(report.inputs).map(([surface, count]) => `${surface} ${count}`);
console.log(
  `\nseed ${seed}: ${sum} inputs in ${report.conversations} conversations and ${(report.tookMs / 1_000).toFixed(1)} s (${each.join(', ')})`,
);
console.log(`/healthz answered within ${report.slowestHealthMs} ms, always`);
const understood = Object.entries(report.understood).map(([what, count]) => `${what} ${count}`);
console.log(`the server took, or refused: ${understood.join(', ')}`);
const { on, refused } = report.starts;
console.log(`of ${on + refused} processes with odd configurations ${on} were on and stopped when asked, ${refused} said why not`);
const [first, last, middle] = [report.memory[0], report.memory.at(-1), report.memory[Math.floor(report.memory.length / 2)]];
if (first !== undefined && last !== undefined && middle !== undefined) {
  const perInput = ((last.signs.heapMiB - middle.signs.heapMiB) * 1_048_576) / Math.max(1, last.inputs - middle.inputs);
  console.log(
    `heap ${first.signs.heapMiB.toFixed(1)} → ${last.signs.heapMiB.toFixed(1)} MiB after collection, ${perInput.toFixed(1)} bytes an input in the second half; resident ${first.signs.residentMiB.toFixed(0)} → ${last.signs.residentMiB.toFixed(0)} MiB; open files ${first.signs.files} → ${last.signs.files}`,
  );
}
const folder = join(tmpdir(), 'porchlight-fuzz-failures');
for (const [number, failure] of report.failures.entries()) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `seed-${seed}-${number + 1}.json`);
  writeFileSync(file, `${JSON.stringify(failure, null, 2)}\n`);
  console.log(`\nFAILED: ${failure.what}\n  smallest form: ${file} (to keep it, put it into packages/testkit/src/fuzz/found/)`);
}
console.log(
  `${report.failures.length} failures${report.failures.length > 0 ? `; again: npm run fuzz -- --seed ${seed} --inputs ${inputs}` : ''}`,
);
process.exit(report.failures.length === 0 ? 0 : 1);
