import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT_IN_DIALECTS, createSystemClock } from '@porchlight/server';
import { type Failure, fuzz, replay } from '@porchlight/testkit/fuzz';
import planted from '@porchlight/testkit/fuzz/planted-dialect';
import { describe, expect, test } from 'vitest';

const program = join(import.meta.dirname, 'cli.ts');
const clock = createSystemClock();
/** Inputs that once hurt, kept as they were found. */
const FOUND = join(import.meta.dirname, '../../testkit/src/fuzz/found');
const SEED = Number(process.env.PORCHLIGHT_SEED ?? 20_260_101);

describe('fuzzing', () => {
  test('[I14] ten thousand inputs on every surface: no crash, no hang, no error, nobody else disturbed, nothing left behind', async () => {
    const report = await fuzz({ program, seed: SEED, inputs: 10_000, dialects: BUILT_IN_DIALECTS, clock, shrinkTriesMax: 20 });
    expect(report.failures, `npm run fuzz -- --seed ${SEED} --inputs 10000`).toEqual([]);
    for (const [surface, inputs] of Object.entries(report.inputs)) expect(inputs, surface).toBeGreaterThan(100);
    // Inputs that all bounced off the door would prove nothing.
    const understood = [...BUILT_IN_DIALECTS.map(({ name }) => name), 'native', 'http', 'INVALID_PAYLOAD', 'UNAUTHENTICATED', 'FORBIDDEN'];
    for (const name of understood) expect(report.understood[name] ?? 0, name).toBeGreaterThan(10);
  }, 120_000);

  test('[I14] what was once found does no harm any more', async () => {
    for (const file of readdirSync(FOUND).filter((name) => name.endsWith('.json'))) {
      const { conversations } = JSON.parse(readFileSync(join(FOUND, file), 'utf8')) as Failure;
      expect(await replay(conversations, { program, clock }), file).toBeUndefined();
    }
  }, 120_000);

  test('a fault in one message of one dialect is found, and told by the one conversation that has it', async () => {
    const dialectConfig = fileURLToPath(import.meta.resolve('@porchlight/testkit/fuzz/planted-dialect'));
    const dialects = [...BUILT_IN_DIALECTS, planted];
    const report = await fuzz({ program, seed: 5, inputs: 20_000, dialects, clock, options: { dialectConfig }, shrinkTriesMax: 12 });
    expect(report.failures).toHaveLength(1);
    const [failure] = report.failures;
    expect(failure?.what).toContain('planted fault');
    expect(failure?.conversations).toHaveLength(1);
    expect(failure?.conversations[0]?.steps.length).toBeLessThan(20);
  }, 120_000);
});
