/** Randomness of which the same seed gives the same, everywhere. Not for secrets. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Another source, which this name and the seed alone decide: what is drawn here changes nothing there. */
  fork(name: string): Random;
}

/** Marsaglia's multiply-with-carry in Bob Jenkins' small fast counting form (sfc32): passes PractRand, 2^128 states. */
export function createRandom(seed: number, name = ''): Random {
  let [a, b, c, counter] = [hash(`${seed} ${name} a`), hash(`${seed} ${name} b`), hash(`${seed} ${name} c`), 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let warm = 0; warm < 12; warm += 1) next();
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (list) => {
      if (list.length === 0) throw new Error('There is nothing to pick from.');
      return list[below(list.length)] as (typeof list)[number];
    },
    fork: (fork) => createRandom(seed, `${name}/${fork}`),
  };
}

// FNV-1a, 32 bits.
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value | 0;
}
