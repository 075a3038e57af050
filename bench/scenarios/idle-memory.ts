import { Crowd } from '../load/crowd.ts';
import { pause, type Stage } from '../load/stage.ts';
import { cpuSecondsOf, processUseOf, spread } from '../measure.ts';
import type { Scenario } from './scenario.ts';

interface Setting {
  label: string;
  connections: number;
  watchesEach: number;
}

const WARM_UP_CONNECTIONS = 300;
const SETTLE_MS = 1_000;

async function memoryOf(stage: Stage): Promise<number> {
  await pause(SETTLE_MS);
  await stage.collect();
  const { pssBytes, rssBytes } = processUseOf(stage.pid);
  return pssBytes > 0 ? pssBytes : rssBytes;
}

/** The next so many users of the same crowd, so that every user is watched as often as it watches. */
function watchedBy(setting: Setting, user: number): number[] {
  return Array.from({ length: setting.watchesEach }, (_, index) => (user + 1 + index) % setting.connections);
}

async function fill(stage: Stage, setting: Setting, connections: number): Promise<Crowd> {
  const crowd = new Crowd(stage.wire, stage.port);
  const opened = await crowd.open(Array.from({ length: connections }, (_, user) => ({ user, watchOnly: false })));
  if (setting.watchesEach > 0) await crowd.watch(opened, ({ identity }) => watchedBy(setting, identity.user));
  return crowd;
}

export const idleMemory: Scenario<Setting> = {
  letter: 'g',
  name: 'idle-memory',
  title: "The server's memory for idle connections, after a full collection, without the kernel's buffers",
  needs: ['watch'],
  columns: [
    { key: 'perConnection', title: 'bytes/connection', digits: 0, better: 'less' },
    { key: 'base', title: 'MB before', digits: 0, better: 'less' },
    { key: 'filled', title: 'MB with them', digits: 0, better: 'less' },
  ],
  settings: {
    quick: [{ label: '1,000 connections, 50 watches each', connections: 1_000, watchesEach: 50 }],
    full: [
      { label: '10,000 connections, no watches', connections: 10_000, watchesEach: 0 },
      { label: '10,000 connections, 50 watches each', connections: 10_000, watchesEach: 50 },
    ],
  },

  accounts: (setting) => ({ users: setting.connections, watchedBy: (user) => watchedBy(setting, user) }),

  async run(stage, setting) {
    const startSeconds = cpuSecondsOf(stage.pid);
    const own = process.cpuUsage();
    const warmUp = await fill(stage, setting, WARM_UP_CONNECTIONS);
    await warmUp.dismiss();
    const base = await memoryOf(stage);
    const crowd = await fill(stage, setting, setting.connections);
    const filled = await memoryOf(stage);
    crowd.check();
    await crowd.dismiss();
    const spent = process.cpuUsage(own);
    return {
      figures: {
        perConnection: spread([(filled - base) / setting.connections]),
        base: spread([base / 1e6]),
        filled: spread([filled / 1e6]),
      },
      serverSeconds: cpuSecondsOf(stage.pid) - startSeconds,
      loadSeconds: (spent.user + spent.system) / 1e6,
      notes: [],
    };
  },
};
