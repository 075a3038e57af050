import { join } from 'node:path';
import { createSystemClock } from '@porchlight/server';
import { SCENARIOS, type Surroundings } from '@porchlight/testkit/chaos';
import { describe, expect, test } from 'vitest';

const SEED = Number(process.env.PORCHLIGHT_SEED ?? 20_260_101);
const surroundings: Surroundings = {
  program: join(import.meta.dirname, 'cli.ts'),
  seed: SEED,
  clock: createSystemClock(),
  size: 'small',
  print: () => {},
};
/** This one measures how long things take, so it is alone. */
const TIMED = 'slow-readers';

describe('chaos, a small share of `npm run chaos`', () => {
  for (const { name, purpose, run } of SCENARIOS)
    test(`[I3] [I7] [I15] ${purpose}`, { timeout: 180_000, concurrent: name !== TIMED }, async ({ skip, expect: expectHere }) => {
      const report = await run(surroundings);
      if (report.skipped !== undefined) skip(`${name}: ${report.skipped}`);
      expectHere(report.violations, `npm run chaos -- --seed ${SEED} --only ${name} --small`).toEqual([]);
      // A run in which nothing happened, or nothing was looked at, shows nothing.
      expectHere(Object.keys(report.faults).length).toBeGreaterThan(0);
      expectHere(Object.keys(report.checks).length).toBeGreaterThan(2);
    });

  test('there is a scenario for every kind of harm', () => {
    expect(SCENARIOS.map(({ name }) => name)).toEqual(['kill', 'pause', 'disk-full', 'slow-readers', 'herd']);
  });
});
