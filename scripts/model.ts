/*
 * npm run model -- [--runs N] [--seed S]
 *
 * Plays N random sequences of commands (default 5,000) against a real node and the independent model, and compares everything that
 * anybody may see after each command. Ends with 1 and the shortest sequence that tells the two apart.
 */
import { parseArgs } from 'node:util';
import { checkAgainstModel } from '@porchlight/testkit';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5000' }, seed: { type: 'string', default: '1' } } });
const startedAt = performance.now();
const done = await checkAgainstModel(Number(values.runs), Number(values.seed));
const commands = [...done.values()].reduce((sum, count) => sum + count, 0);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
console.log(`${values.runs} sequences from seed ${values.seed}, ${commands} commands, ${seconds} s: node and model agree after each`);
console.log([...done].map(([kind, count]) => `${kind} ${count}`).join(', '));
