export { type ChurnReport, churn, growthIn, type MemoryMark } from './churn.ts';
export { checkAgainstModel } from './model.ts';
export { COURSES, type Course, type PairResult, playPair, untried } from './paired-worlds.ts';
export { createRandom, type Random } from './random.ts';
export { shrinkScript } from './shrink-script.ts';
export { playScript, type Script, type Step, simulate, Tally, type WorldResult, writeScript } from './simulation.ts';
export * from './store-contract.ts';
