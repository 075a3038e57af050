import { diskFull } from './disk-full.ts';
import { herd } from './herd.ts';
import { kill } from './kill.ts';
import { pause } from './pause.ts';
import type { Scenario } from './scenario.ts';
import { slowReaders } from './slow-readers.ts';

export type { ChaosReport, Scenario, Surroundings } from './scenario.ts';

/** What real processes go through. */
export const SCENARIOS: readonly Scenario[] = [kill, pause, diskFull, slowReaders, herd];
