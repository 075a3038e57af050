import { expect, test } from 'vitest';
import { churn, growthIn } from './churn.ts';

test('[I7] [I13] twenty thousand transitions leave nothing behind: no connection, session, watch or entry of any table', async () => {
  const report = await churn({ seed: 20_260_101, transitions: 20_000, marks: 2 });
  expect(growthIn(report, 8)).toEqual([]);
  expect(report.marks.at(-1)?.tables).toMatchObject({ connections: 0, sessions: 0, online: 0, watches: 0, 'waiting to be stored': 0 });
  // What did not happen cannot have left anything behind.
  for (const kind of ['connect', 'left', 'lost', 'cut', 'resume', 'say', 'heartbeat', 'log out', 'change'])
    expect(report.counts.get(kind) ?? 0, kind).toBeGreaterThan(100);
}, 60_000);
