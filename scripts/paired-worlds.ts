/*
 * npm run paired-worlds -- [--pairs N] [--seed S]
 *
 * Plays N pairs of worlds (default 2,000), each with one seed and two behaviours of somebody whom the viewer may not see, and compares
 * every byte and every time of what the viewer gets. Ends with 1 at the first difference.
 */
import { parseArgs } from 'node:util';
import { playPair, SECRECIES } from '@porchlight/testkit';

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } } });
const pairs = Number(values.pairs);
const tried = new Set<string>();
let lines = 0;
for (let index = 0; index < pairs; index += 1) {
  const seed = Number(values.seed) + Math.floor(index / SECRECIES.length);
  const secrecy = SECRECIES[index % SECRECIES.length] as (typeof SECRECIES)[number];
  const result = await playPair(seed, secrecy);
  lines += result.lines;
  for (const each of result.tried) tried.add(each);
  if (result.difference === undefined) continue;
  console.log(`seed ${seed}, ${secrecy}: the worlds differ\n  ${result.difference[0]}\n  ${result.difference[1]}`);
  process.exit(1);
}
console.log(`${pairs} pairs, ${lines} lines compared, 0 differences, over ${[...tried].sort().join(', ')}`);
