import { connectStorm } from './connect-storm.ts';
import { heartbeats } from './heartbeats.ts';
import { idleMemory } from './idle-memory.ts';
import { manyChanges } from './many-changes.ts';
import { oneChange } from './one-change.ts';
import { queries } from './queries.ts';
import type { Scenario } from './scenario.ts';
import { slowReaders } from './slow-readers.ts';
import { smallWorldSessions } from './small-world.ts';

/** In the order of the report. Each knows its own settings; the runner only hands them back. */
export const scenarios: readonly Scenario[] = [
  oneChange,
  manyChanges,
  smallWorldSessions,
  connectStorm,
  queries,
  heartbeats,
  idleMemory,
  slowReaders,
];
