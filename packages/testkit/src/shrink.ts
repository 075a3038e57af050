import { playScript, type Script, type Step } from './simulation.ts';

/**
 * Leaves out whatever steps the violation does not need (Zeller's ddmin): halves first, then ever smaller pieces, until no single step can
 * go. Resolves to the indexes, in the whole script, of the steps that are left.
 */
export async function shrinkScript(script: Script, playsMax = 400): Promise<number[]> {
  const invariant = (await playScript(script)).violation?.invariant;
  let kept = script.steps.map((_step, index) => index);
  let plays = 0;
  const fails = async (indexes: readonly number[]) => {
    plays += 1;
    const steps = indexes.map((index) => script.steps[index] as Step);
    return (await playScript({ ...script, steps })).violation?.invariant === invariant;
  };
  for (let size = Math.ceil(kept.length / 2); size >= 1 && plays < playsMax; ) {
    let removed = false;
    for (let start = 0; start < kept.length && plays < playsMax; ) {
      const without = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (await fails(without)) {
        kept = without;
        removed = true;
      } else start += size;
    }
    if (size === 1 && !removed) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return kept;
}
