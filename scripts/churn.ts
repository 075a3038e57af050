/*
 * npm run churn -- [--transitions N] [--marks M] [--seed S]
 *
 * Drives N transitions (default 1,000,000) through a whole node on virtual time, and M times (default 10) lets everybody go and looks at what
 * it still holds. Ends with 1 when that grows.
 */
import { parseArgs } from 'node:util';
import { churn, growthIn, type MemoryMark } from '@porchlight/testkit';

/** What the heap may differ by from one collection to the next. */
const HEAP_MIB_MAX = 4;

const { values } = parseArgs({
  options: {
    transitions: { type: 'string', default: '1000000' },
    marks: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});
const onMark = ({ transitions, heapMiB, tables, entries }: MemoryMark) => {
  const told = Object.entries(tables).map(([name, size]) => `${name} ${size}`);
  console.log(`${transitions} transitions: heap ${heapMiB.toFixed(2)} MiB, entries of Maps and Sets ${entries}, ${told.join(', ')}`);
};
const startedAt = performance.now();
const report = await churn({
  seed: Number(values.seed),
  transitions: Number(values.transitions),
  marks: Number(values.marks),
  onMark,
});
const counts = [...report.counts].map(([kind, count]) => `${kind} ${count}`);
console.log(
  `${report.virtualHours.toFixed(1)} virtual hours, ${((performance.now() - startedAt) / 1_000).toFixed(0)} s: ${counts.join(', ')}`,
);
const grown = growthIn(report, HEAP_MIB_MAX);
console.log(grown.length === 0 ? 'nothing grew' : `GREW:\n  ${grown.join('\n  ')}`);
process.exit(grown.length === 0 ? 0 : 1);
