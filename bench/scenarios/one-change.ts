import { Crowd } from '../load/crowd.ts';
import { Ledger } from '../load/ledger.ts';
import { costOf, pause, quiet, type Stage, settle } from '../load/stage.ts';
import { spread } from '../measure.ts';
import { roundsOf, type Scenario, type Sizes, totals } from './scenario.ts';

interface Setting extends Sizes {
  watchers: number;
  /** Until the compiler is done: so many that some twenty thousand deliveries were made. */
  warmUpFlips: number;
  flipsPerRound: number;
  rounds: number;
}

/** Longer than the 100 ms in which changes may be gathered, so that every flip is a first change and is not batched. */
const PACE_MS = 115;
const SUBJECT = 0;

/** Flips the subject so many times, each after the last has reached everybody; returns how many deliveries were lost. */
async function flipRound(stage: Stage, crowd: Crowd, ledger: Ledger, flips: number): Promise<number> {
  let lost = 0;
  const subject = crowd.connections.at(-1)!;
  for (let flip = 0; flip < flips; flip++) {
    const online = flip % 2 === 1;
    const startedAt = performance.now();
    ledger.flipped(SUBJECT, online, startedAt);
    stage.wire.flip!(subject, online);
    lost += await settle(ledger, () => crowd.check());
    crowd.check();
    await pause(Math.max(1, PACE_MS - (performance.now() - startedAt)));
  }
  return lost;
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
    quick: [{ label: '1,000 watchers', seconds: 5, watchers: 1_000, warmUpFlips: 20, flipsPerRound: 6, rounds: 2 }],
    full: [
      { label: '1,000 watchers', seconds: 9, watchers: 1_000, warmUpFlips: 20, flipsPerRound: 12, rounds: 3 },
      { label: '5,000 watchers', seconds: 8, watchers: 5_000, warmUpFlips: 6, flipsPerRound: 6, rounds: 3 },
    ],
  },

  accounts: (setting) => ({ users: setting.watchers + 1, watchedBy: (user) => (user === SUBJECT ? [] : [SUBJECT]) }),

  async run(stage, setting) {
    const crowd = new Crowd(stage.wire, stage.port);
    const watchers = await crowd.open(Array.from({ length: setting.watchers }, (_, index) => ({ user: index + 1, watchOnly: true })));
    await crowd.open([{ user: SUBJECT, watchOnly: false }]);
    await crowd.watch(watchers, () => [SUBJECT]);
    await quiet(stage);
    const ledger = new Ledger(1, setting.watchers, () => [SUBJECT]);
    crowd.onDelivered = (connection, user, online, atMs) => {
      if (connection.index < setting.watchers) ledger.received(connection.index, user, online, atMs);
    };
    let lost = await flipRound(stage, crowd, ledger, setting.warmUpFlips);
    const rounds = await roundsOf(stage, setting.rounds, async () => {
      ledger.restart();
      const cost = await costOf(stage, async () => {
        lost += await flipRound(stage, crowd, ledger, setting.flipsPerRound);
      });
      return { cost, rate: ledger.delivered / cost.serverSeconds, ...ledger.latency.percentiles() };
    });
    await crowd.dismiss();
    return {
      figures: {
        perCpuSecond: spread(rounds.map(({ rate }) => rate)),
        medianMs: spread(rounds.map(({ medianMs }) => medianMs)),
        p99Ms: spread(rounds.map(({ p99Ms }) => p99Ms)),
      },
      ...totals(
        rounds.map(({ cost }) => cost),
        { wanted: setting.rounds, lost },
      ),
    };
  },
};
