import { writeSync } from 'node:fs';
import { createSqliteStore } from './sqlite.ts';
import { crashBatch } from './sqlite-crash-load.ts';

// Run by sqlite-crash.test.ts, as a process of its own that is going to be killed: writes without end, several batches under way at
// once, and prints the number of each that the store acknowledged. writeSync: a line that was printed was in the pipe before the next write.
const [file = '', cycleText = '0', seedText = '0', synchronous = 'NORMAL'] = process.argv.slice(2);
const cycle = Number(cycleText);
const UNDER_WAY = 8;

const store = createSqliteStore({ file, synchronous: synchronous === 'FULL' ? 'FULL' : 'NORMAL' });
await store.open(`node-${cycle}`, cycle * 1_000_000);
let next = 0;
const writeOn = async (): Promise<never> => {
  for (;;) {
    const number = next++;
    await store.write(crashBatch(Number(seedText), cycle, number));
    writeSync(1, `${number}\n`);
  }
};
await Promise.all(Array.from({ length: UNDER_WAY }, writeOn));
