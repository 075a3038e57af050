import { describe, expect, test } from 'vitest';
import { simulate, Tally } from './simulation.ts';

const MINUTES = 60_000;

/** What the simulation found, by the seed that showed it. */
const FOUND: readonly [seed: number, what: string][] = [
  [2, 'a lease taken over after a crash forgot its last heartbeat'],
  [5, 'a sign-out by the back end passed for a sign of life'],
  [6, 'an answer overtaken by a newer change took it back'],
  [15, 'a client that does not read was answered without end'],
  [20, 'a connection lost just before a crash took its last seen with it'],
  [326, 'one of two devices left just before a crash, and its last seen was not written'],
  [456, 'a message answered after its connection left began a session for ever'],
];

async function play(seeds: readonly number[]): Promise<Tally> {
  const tally = new Tally();
  for (const seed of seeds) {
    const result = await simulate({ seed, nodes: 1, durationMs: 30 * MINUTES });
    if (result.violation !== undefined)
      throw new Error(`${result.violation.message}\nagain: npm run simulate -- --seed ${seed} --nodes 1`, { cause: result.violation });
    tally.add(result);
  }
  return tally;
}

describe('simulated worlds of one node', () => {
  test.each(FOUND)('seed %i: %s', async (seed) => {
    await play([seed]);
  });

  test('[I1a] [I1b] [I2] [I3] [I4b] [I5] [I6b] [I7] [I9] [I10] [I12] [I13] hold in forty worlds, each of them really checked', async () => {
    const tally = await play(Array.from({ length: 40 }, (_, index) => 10_000 + index * 7));
    expect(tally.missing(false)).toEqual([]);
  }, 120_000);

  test('the same seed gives the same world', async () => {
    const [first, second] = [
      await simulate({ seed: 77, nodes: 1, durationMs: 10 * MINUTES }),
      await simulate({ seed: 77, nodes: 1, durationMs: 10 * MINUTES }),
    ];
    expect(second.evaluations.toObject()).toEqual(first.evaluations.toObject());
    expect(second.faults.toObject()).toEqual(first.faults.toObject());
  });
});
