/*
 * npm run paired-worlds -- [--pairs N] [--seed S]
 *
 * Plays N pairs of worlds (default 2,000), each with one seed and two behaviours of somebody whom the viewer may not see, and compares
 * every byte and every time of what the viewer gets. Ends with 1 at the first difference, and when something that a viewer can do was
 * never done, or the bucket in which somebody was last seen was never told.
 */
import { parseArgs } from 'node:util';
import { COURSES, type Course, playPair, untried } from '@porchlight/testkit';

/** From so many pairs on, every route and every word is tried. */
const ENOUGH_PAIRS = 4 * COURSES.length;

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } } });
const pairs = Number(values.pairs);
const succeeded = new Set<string>();
const startedAt = performance.now();
let [lines, bucketLines] = [0, 0];
for (let index = 0; index < pairs; index += 1) {
  const seed = Number(values.seed) + Math.floor(index / COURSES.length);
  const course = COURSES[index % COURSES.length] as Course;
  const result = await playPair(seed, course);
  lines += result.lines;
  bucketLines += result.bucketLines;
  for (const each of result.succeeded) succeeded.add(each);
  if (result.trouble !== undefined) {
    console.log(`seed ${seed}, ${course.secrecy} ${course.lasts}: ${result.trouble}`);
    console.log(`again: npm run paired-worlds -- --seed ${seed} --pairs ${COURSES.length}`);
    process.exit(1);
  }
}
const never = await untried(succeeded);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
const mostMiB = (process.resourceUsage().maxRSS / 1_024).toFixed(0);
console.log(
  `${pairs} pairs over ${COURSES.length} kinds of secrecy, ${lines} lines compared, ${bucketLines} with a bucket, 0 differences, ${seconds} s, at most ${mostMiB} MiB`,
);
console.log(`never: ${never.length === 0 ? 'nothing that a viewer can do' : never.join(', ')}`);
process.exit((never.length > 0 || bucketLines === 0) && pairs >= ENOUGH_PAIRS ? 1 : 0);
