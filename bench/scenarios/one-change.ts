import { Crowd } from '../load/crowd.ts';
import { Ledger } from '../load/ledger.ts';
import { costOf, pause, type Stage, until } from '../load/stage.ts';
import { spread } from '../measure.ts';
import { type Scenario, totals } from './scenario.ts';

interface Setting {
  label: string;
  watchers: number;
  flipsPerRound: number;
  rounds: number;
}

/** Longer than the 100 ms in which changes may be gathered, so that every flip is a first change and is not batched. */
const PACE_MS = 115;
const SETTLE_MS_MAX = 20_000;
const WARM_UP_FLIPS = 6;
const SUBJECT = 0;

/** Flips the subject so many times, each after the last has reached everybody. */
async function flipRound(stage: Stage, crowd: Crowd, ledger: Ledger, flips: number): Promise<void> {
  const subject = crowd.connections.at(-1)!;
  for (let flip = 0; flip < flips; flip++) {
    const online = flip % 2 === 1;
    const startedAt = performance.now();
    ledger.flipped(SUBJECT, online, startedAt);
    stage.wire.flip!(subject, online);
    await until(
      () => ledger.outstanding === 0,
      SETTLE_MS_MAX,
      () => `LOST: ${ledger.outstanding} of ${ledger.expected} deliveries did not come within ${SETTLE_MS_MAX} ms`,
    );
    crowd.check();
    await pause(Math.max(1, PACE_MS - (performance.now() - startedAt)));
  }
}

export const oneChange: Scenario<Setting> = {
  letter: 'a',
  name: 'one-change',
  title: 'One change to many watchers, one at a time',
  needs: ['watch', 'flip'],
  columns: [
    { key: 'perCpuSecond', title: 'deliveries/CPU-s', digits: 0, better: 'more' },
    { key: 'medianMs', title: 'median ms', digits: 2, better: 'less' },
    { key: 'p99Ms', title: 'p99 ms', digits: 2, better: 'less' },
  ],
  settings: {
    quick: [{ label: '1,000 watchers', watchers: 1_000, flipsPerRound: 8, rounds: 2 }],
    full: [
      { label: '1,000 watchers', watchers: 1_000, flipsPerRound: 12, rounds: 3 },
      { label: '5,000 watchers', watchers: 5_000, flipsPerRound: 6, rounds: 3 },
    ],
  },

  accounts: (setting) => ({ users: setting.watchers + 1, watchedBy: (user) => (user === SUBJECT ? [] : [SUBJECT]) }),

  async run(stage, setting) {
    const crowd = new Crowd(stage.wire, stage.port);
    const watchers = await crowd.open(Array.from({ length: setting.watchers }, (_, index) => ({ user: index + 1, watchOnly: true })));
    await crowd.open([{ user: SUBJECT, watchOnly: false }]);
    await crowd.watch(watchers, () => [SUBJECT]);
    await pause(500);
    const ledger = new Ledger(1, setting.watchers, () => [SUBJECT]);
    crowd.onDelivered = (connection, user, online, atMs) => {
      if (connection.index < setting.watchers) ledger.received(connection.index, user, online, atMs);
    };
    await flipRound(stage, crowd, ledger, WARM_UP_FLIPS);
    const costs = [];
    const rates = [];
    const medians = [];
    const tails = [];
    for (let round = 0; round < setting.rounds; round++) {
      ledger.restart();
      const cost = await costOf(stage, () => flipRound(stage, crowd, ledger, setting.flipsPerRound));
      costs.push(cost);
      rates.push(ledger.delivered / cost.serverSeconds);
      const { medianMs, p99Ms } = ledger.latency.percentiles();
      medians.push(medianMs);
      tails.push(p99Ms);
    }
    await crowd.dismiss();
    return {
      figures: { perCpuSecond: spread(rates), medianMs: spread(medians), p99Ms: spread(tails) },
      ...totals(costs, []),
    };
  },
};
