import { describe, expect, test } from 'vitest';
import { simulate, Tally } from './simulation.ts';

const MINUTES = 60_000;

/** What the simulation found, by the seed that showed it. */
const FOUND: readonly [seed: number, nodes: number, what: string][] = [
  [2, 1, 'a lease taken over after a crash forgot its last heartbeat'],
  [5, 1, 'a sign-out by the back end passed for a sign of life'],
  [6, 1, 'an answer overtaken by a newer change took it back'],
  [15, 1, 'a client that does not read was answered without end'],
  [20, 1, 'a connection lost just before a crash took its last seen with it'],
  [326, 1, 'one of two devices left just before a crash, and its last seen was not written'],
  [456, 1, 'a message answered after its connection left began a session for ever'],
  [3, 2, 'a rule that the store took only at the second attempt was never told to the other node'],
  [9, 2, 'a logout on one node passed for a sign of life on the other'],
  [28, 2, 'what an answer said between two changes was never taken back'],
  [42, 2, 'who left while their node was taken for dead had been seen by nobody'],
  [1047, 4, 'a second loss while a node was coming back from the first one left it outside for ever'],
  [200_082, 3, 'a block that was stored by a node that died before it told anybody never held on the others'],
  [3725, 2, 'a node that was taken for dead stored a rule, and died before it told anybody'],
  [4135, 4, 'whoever had a lease beside a connection got no grace when both went with their node'],
  [2110, 3, 'what a hidden session lived on a node that died showed when its user left another'],
  [100_294, 3, 'a lease whose user had logged out meanwhile was taken over of a dead node'],
  [1829, 2, 'a logout that another node heard late ended a lease that had begun since'],
  [7014, 3, 'whoever had long been on another node was taken for somebody who returns, and their bucket went back'],
  [9244, 1, 'a heartbeat after a crash passed for the return of a connection, and the logout that followed it took that one offline'],
  [100, 3, 'a node that was cut off told what had happened meanwhile as if it happened now'],
];

async function play(worlds: readonly { seed: number; nodes: number }[]): Promise<Tally> {
  const tally = new Tally();
  for (const { seed, nodes } of worlds) {
    const result = await simulate({ seed, nodes, durationMs: 30 * MINUTES });
    if (result.violation !== undefined)
      throw new Error(`${result.violation.message}\nagain: npm run simulate -- --seed ${seed} --nodes ${nodes}`, {
        cause: result.violation,
      });
    tally.add(result);
  }
  return tally;
}

describe('simulated worlds', () => {
  test.each(FOUND)('seed %i on %i nodes: %s', async (seed, nodes) => {
    await play([{ seed, nodes }]);
  });

  test('[I1a] [I1b] [I2] [I3] [I4b] [I5] [I6b] [I7] [I9] [I10] [I12] [I13] hold in forty worlds of one node, each of them really checked', async () => {
    const tally = await play(Array.from({ length: 40 }, (_, index) => ({ seed: 10_000 + index * 7, nodes: 1 })));
    expect(tally.missing(false)).toEqual([]);
  }, 120_000);

  test('[I4a] [I8] [I11] hold too in thirty worlds of two to four nodes, through losses, partitions and bad weather', async () => {
    const tally = await play(Array.from({ length: 30 }, (_, index) => ({ seed: 20_000 + index * 7, nodes: 2 + (index % 3) })));
    expect(tally.missing(true)).toEqual([]);
  }, 180_000);

  test('the same seed gives the same world', async () => {
    const [first, second] = [
      await simulate({ seed: 77, nodes: 3, durationMs: 10 * MINUTES }),
      await simulate({ seed: 77, nodes: 3, durationMs: 10 * MINUTES }),
    ];
    expect(second.evaluations.toObject()).toEqual(first.evaluations.toObject());
    expect(second.faults.toObject()).toEqual(first.faults.toObject());
  });
});
