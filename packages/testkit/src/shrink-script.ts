import { shrink } from './shrink.ts';
import { playScript, type Script, type Step } from './simulation.ts';

/** Leaves out the steps that a violation does not need. Resolves to the indexes, in the whole script, of those that are left. */
export async function shrinkScript(script: Script, playsMax = 400): Promise<number[]> {
  const invariant = (await playScript(script)).violation?.invariant;
  const violates = async (indexes: readonly number[]) => {
    const steps = indexes.map((index) => script.steps[index] as Step);
    return (await playScript({ ...script, steps })).violation?.invariant === invariant;
  };
  return shrink([...script.steps.keys()], violates, playsMax);
}
