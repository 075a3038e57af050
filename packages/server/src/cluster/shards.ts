import { crc32 } from 'node:zlib';
import { keyOf, type UserName } from '../user-name.ts';

export const shardOf = (name: UserName, shardCount: number): number => crc32(keyOf(name)) % shardCount;

/** Who of several takes on a piece of work: everybody who asks comes to the same answer, and the work spreads evenly. */
export function chosenFor(work: string, among: readonly string[]): string | undefined {
  let chosen: string | undefined;
  let highest = -1;
  for (const each of among) {
    const weight = crc32(`${work}\u0000${each}`);
    if (weight > highest) [chosen, highest] = [each, weight];
  }
  return chosen;
}
