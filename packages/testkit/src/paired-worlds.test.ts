import { expect, test } from 'vitest';
import { playPair, SECRECIES } from './paired-worlds.ts';

test.each(SECRECIES)(
  '[I6] what somebody does who is hidden (%s) changes no byte and no time of what the viewer gets',
  async (secrecy) => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const { difference, lines } = await playPair(seed, secrecy);
      expect(difference, `seed ${seed}`).toBeUndefined();
      expect(lines).toBeGreaterThan(50);
    }
  },
  60_000,
);
