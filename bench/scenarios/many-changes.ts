import { Crowd } from '../load/crowd.ts';
import { Flippers } from '../load/flippers.ts';
import { Ledger } from '../load/ledger.ts';
import { type Cost, costOf, pause } from '../load/stage.ts';
import { spread } from '../measure.ts';
import { type Result, type Scenario, totals } from './scenario.ts';

interface Setting {
  label: string;
  users: number;
  watchers: number;
  watchesEach: number;
  roundMs: number;
  rounds: number;
}

const WARM_UP_MS = 1_000;

/** Watcher w watches every tenth user (for 1,000 users and 100 watches), starting with the one of its own number. */
function watchedBy(setting: Setting, watcher: number): number[] {
  const step = setting.users / setting.watchesEach;
  return Array.from({ length: setting.watchesEach }, (_, index) => (watcher + index * step) % setting.users);
}

interface Round {
  cost: Cost;
  delivered: number;
  late: number;
  flips: number;
  unwanted: number;
  latency: { medianMs: number; p99Ms: number; p999Ms: number };
}

function summary(rounds: readonly Round[]): Result {
  const late = rounds.reduce((sum, round) => sum + round.late, 0);
  const flips = rounds.reduce((sum, round) => sum + round.flips, 0);
  const delivered = rounds.reduce((sum, round) => sum + round.delivered, 0);
  const unwanted = rounds.reduce((sum, round) => sum + round.unwanted, 0);
  const notes: string[] = [];
  if (late > flips / 100) notes.push(`could not keep pace: ${Math.round((100 * flips) / (flips + late))} % of the flips asked for`);
  if (unwanted > 0) notes.push(`${(unwanted / delivered).toFixed(1)} unasked deliveries for each asked one`);
  return {
    figures: {
      perCpuSecond: spread(rounds.map((round) => round.delivered / round.cost.serverSeconds)),
      medianMs: spread(rounds.map((round) => round.latency.medianMs)),
      p99Ms: spread(rounds.map((round) => round.latency.p99Ms)),
      p999Ms: spread(rounds.map((round) => round.latency.p999Ms)),
    },
    ...totals(
      rounds.map((round) => round.cost),
      notes,
    ),
  };
}

export const manyChanges: Scenario<Setting> = {
  letter: 'b',
  name: 'many-changes',
  title: 'Users flipping once a second, each watcher watching a hundred of them',
  needs: ['watch', 'flip'],
  columns: [
    { key: 'perCpuSecond', title: 'deliveries/CPU-s', digits: 0, better: 'more' },
    { key: 'medianMs', title: 'median ms', digits: 1, better: 'less' },
    { key: 'p99Ms', title: 'p99 ms', digits: 1, better: 'less' },
    { key: 'p999Ms', title: 'p99.9 ms', digits: 1, better: 'less' },
  ],
  settings: {
    quick: [{ label: '1,000 users, 1,000 watchers of 100', users: 1_000, watchers: 1_000, watchesEach: 100, roundMs: 1_000, rounds: 2 }],
    full: [{ label: '1,000 users, 1,000 watchers of 100', users: 1_000, watchers: 1_000, watchesEach: 100, roundMs: 2_000, rounds: 3 }],
  },

  accounts: (setting) => ({
    users: setting.users + setting.watchers,
    watchedBy: (user) => (user < setting.users ? [] : watchedBy(setting, user - setting.users)),
  }),

  async run(stage, setting) {
    const crowd = new Crowd(stage.wire, stage.port);
    const identities = (count: number, first: number, watchOnly: boolean) =>
      Array.from({ length: count }, (_, index) => ({ user: first + index, watchOnly }));
    const users = await crowd.open(identities(setting.users, 0, false));
    users.sort((a, b) => a.identity.user - b.identity.user);
    const watchers = await crowd.open(identities(setting.watchers, setting.users, true));
    await crowd.watch(watchers, ({ identity }) => watchedBy(setting, identity.user - setting.users));
    await pause(500);
    const ledger = new Ledger(setting.users, setting.watchers, (watcher) => watchedBy(setting, watcher));
    crowd.onDelivered = ({ identity }, user, online, atMs) => {
      if (identity.watchOnly) ledger.received(identity.user - setting.users, user, online, atMs);
      else ledger.unwanted++;
    };
    const flippers = new Flippers(stage, users);
    await flippers.run(crowd, ledger, WARM_UP_MS);
    const rounds: Round[] = [];
    for (let index = 0; index < setting.rounds; index++) {
      ledger.restart();
      let flipped = { flips: 0, late: 0 };
      const cost = await costOf(stage, async () => {
        flipped = await flippers.run(crowd, ledger, setting.roundMs);
      });
      const { delivered, unwanted } = ledger;
      rounds.push({ cost, delivered, unwanted, ...flipped, latency: ledger.latency.percentiles() });
    }
    await crowd.dismiss();
    return summary(rounds);
  },
};
