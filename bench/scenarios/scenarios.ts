import { manyChanges } from './many-changes.ts';
import { oneChange } from './one-change.ts';
import type { Scenario } from './scenario.ts';

/** In the order of the report. Each knows its own settings; the runner only hands them back. */
export const scenarios: readonly Scenario[] = [oneChange as Scenario, manyChanges as Scenario];
