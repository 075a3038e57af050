import { crc32 } from 'node:zlib';
import type { UserName } from './cluster.ts';

/** A user's place in maps of all tenants' users. A NUL cannot stand in an id. */
export const keyOf = ({ tenant, user }: UserName): string => `${tenant}\u0000${user}`;

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
