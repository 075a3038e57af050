import { tokenOf } from '../load/bench-user.ts';
import { Crowd } from '../load/crowd.ts';
import { costOf, quiet, type Stage } from '../load/stage.ts';
import { processUseOf, spread } from '../measure.ts';
import { type Scenario, type Sizes, totals } from './scenario.ts';

interface Setting extends Sizes {
  connections: number;
  watchesEach: number;
}

const WARM_UP_CONNECTIONS = 200;

async function memoryOf(stage: Stage): Promise<number> {
  await quiet(stage);
  await stage.collect();
  const { pssBytes, rssBytes } = processUseOf(stage.pid);
  return pssBytes > 0 ? pssBytes : rssBytes;
}

/** The next so many users of the same crowd, so that every user is watched as often as it watches. */
function watchedBy(setting: Setting, user: number): number[] {
  return Array.from({ length: setting.watchesEach }, (_, index) => (user + 1 + index) % setting.connections);
}

const identities = (count: number) => Array.from({ length: count }, (_, user) => ({ user, watchOnly: false }));

/** Runs the code of both steps once, so that what is compiled and kept for good is there before memory is compared. */
async function warmUp(stage: Stage, setting: Setting): Promise<void> {
  const crowd = new Crowd(stage.wire, stage.port);
  const opened = await crowd.open(identities(WARM_UP_CONNECTIONS));
  await crowd.watch(opened, ({ identity }) => watchedBy(setting, identity.user));
  await crowd.dismiss();
}

export const idleMemory: Scenario<Setting> = {
  letter: 'g',
  name: 'idle-memory',
  title: "The server's memory for idle connections, after a full collection, without the kernel's buffers",
  needs: ['watch', 'flip'],
  columns: [
    { key: 'watching', title: 'bytes/conn., 50 watches', digits: 0, better: 'less' },
    { key: 'bare', title: 'without watches', digits: 0, better: 'less' },
    { key: 'base', title: 'MB before', digits: 0, better: 'less' },
    { key: 'filled', title: 'MB with all', digits: 0, better: 'less' },
    { key: 'connectMicros', title: 'CPU µs/connect', digits: 0, better: 'less' },
    { key: 'watchMicros', title: 'CPU µs/50 watches', digits: 0, better: 'less' },
  ],
  settings: {
    quick: [{ label: '1,000 connections', seconds: 4, connections: 1_000, watchesEach: 50 }],
    full: [
      { label: '1,000 connections', seconds: 5, connections: 1_000, watchesEach: 50, forGrowth: true },
      { label: '10,000 connections', seconds: 12, connections: 10_000, watchesEach: 50 },
    ],
  },

  accounts: (setting) => ({ users: setting.connections, watchedBy: (user) => watchedBy(setting, user) }),

  async run(stage, setting) {
    const everybody = identities(setting.connections);
    for (const { user } of everybody) tokenOf(user);
    await warmUp(stage, setting);
    const base = await memoryOf(stage);
    const crowd = new Crowd(stage.wire, stage.port);
    const connecting = await costOf(stage, async () => {
      await crowd.open(everybody);
    });
    const bare = await memoryOf(stage);
    const watching = await costOf(stage, () => crowd.watch(crowd.connections, ({ identity }) => watchedBy(setting, identity.user)));
    const filled = await memoryOf(stage);
    crowd.check();
    await crowd.dismiss();
    const each = (amount: number) => spread([amount / setting.connections]);
    return {
      figures: {
        watching: each(filled - base),
        bare: each(bare - base),
        base: spread([base / 1e6]),
        filled: spread([filled / 1e6]),
        connectMicros: each(1e6 * connecting.serverSeconds),
        watchMicros: each(1e6 * watching.serverSeconds),
      },
      ...totals([connecting, watching]),
    };
  },
};
