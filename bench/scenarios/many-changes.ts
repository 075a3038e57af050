import { Crowd } from '../load/crowd.ts';
import { Flippers, type FlipRound } from '../load/flippers.ts';
import type { Percentiles } from '../load/histogram.ts';
import { Ledger } from '../load/ledger.ts';
import { messagesRead } from '../load/load-connection.ts';
import { type Cost, costOf, quiet } from '../load/stage.ts';
import { spread } from '../measure.ts';
import { type Result, roundsOf, type Scenario, type Sizes, totals } from './scenario.ts';

interface Setting extends Sizes {
  users: number;
  watchers: number;
  watchesEach: number;
  roundMs: number;
  rounds: number;
  calmMs: number;
}

const LABEL = '1,000 users, 1,000 watchers of 100';
const SIZES = { users: 1_000, watchers: 1_000, watchesEach: 100 } as const;
const WARM_UP_MS = 1_000;
/** A pace that every server here but the one that broadcasts holds with ease: a tenth of the full one. */
const CALM_FLIPS_PER_SECOND = 100;
/** So far apart that each change finds its watchers with nothing to gather. */
const ALONE_FLIPS_PER_SECOND = 6;
const ALONE_MS = 2_000;

/** Watcher w watches every tenth user (for 1,000 users and 100 watches), starting with the one of its own number. */
function watchedBy(setting: Setting, watcher: number): number[] {
  const step = setting.users / setting.watchesEach;
  return Array.from({ length: setting.watchesEach }, (_, index) => (watcher + index * step) % setting.users);
}

interface Round extends FlipRound {
  cost: Cost;
  delivered: number;
  unwanted: number;
  changesPerFrame: number;
  latency: Percentiles;
}

interface Beside {
  calm: Percentiles;
  alone: Percentiles;
  /** Lost outside of the rounds. */
  lost: number;
}

function summary(setting: Setting, rounds: readonly Round[], { calm, alone, lost }: Beside): Result {
  const sum = (of: (round: Round) => number) => rounds.reduce((total, round) => total + of(round), 0);
  const late = sum((round) => round.late);
  const flips = sum((round) => round.flips);
  const held = rounds.map((round) => round.flips / Math.max(round.cost.wallSeconds, setting.roundMs / 1_000));
  const notes: string[] = [];
  if (late > flips / 100) notes.push(`did not hold the pace of ${setting.users.toLocaleString('en-GB')} flips/s`);
  const unwanted = sum((round) => round.unwanted);
  if (unwanted > 0) notes.push(`${(unwanted / sum((round) => round.delivered)).toFixed(1)} unasked deliveries for each asked one`);
  return {
    figures: {
      perCpuSecond: spread(rounds.map((round) => round.delivered / round.cost.serverSeconds)),
      flipsPerSecond: spread(held),
      changesPerFrame: spread(rounds.map((round) => round.changesPerFrame)),
      medianMs: spread(rounds.map((round) => round.latency.medianMs)),
      p99Ms: spread(rounds.map((round) => round.latency.p99Ms)),
      p999Ms: spread(rounds.map((round) => round.latency.p999Ms)),
      calmMedianMs: spread([calm.medianMs]),
      calmP99Ms: spread([calm.p99Ms]),
      calmP999Ms: spread([calm.p999Ms]),
      aloneMedianMs: spread([alone.medianMs]),
    },
    ...totals(
      rounds.map((round) => round.cost),
      { notes, wanted: setting.rounds, lost: lost + sum((round) => round.lost) },
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
    { key: 'flipsPerSecond', title: 'flips/s', digits: 0, better: 'more' },
    { key: 'changesPerFrame', title: 'changes/frame', digits: 1, better: 'more' },
    { key: 'medianMs', title: 'median ms', digits: 0, better: 'less' },
    { key: 'p99Ms', title: 'p99', digits: 0, better: 'less' },
    { key: 'p999Ms', title: 'p99.9', digits: 0, better: 'less' },
    { key: 'calmMedianMs', title: `at ${CALM_FLIPS_PER_SECOND} flips/s: median ms`, digits: 1, better: 'less' },
    { key: 'calmP99Ms', title: 'p99', digits: 0, better: 'less' },
    { key: 'calmP999Ms', title: 'p99.9', digits: 0, better: 'less' },
    { key: 'aloneMedianMs', title: 'alone: median ms', digits: 1, better: 'less' },
  ],
  settings: {
    quick: [{ label: LABEL, seconds: 6, ...SIZES, roundMs: 1_000, rounds: 1, calmMs: 1_000 }],
    full: [{ label: LABEL, seconds: 14, ...SIZES, roundMs: 1_500, rounds: 3, calmMs: 2_000 }],
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
    await quiet(stage);
    const ledger = new Ledger(setting.users, setting.watchers, (watcher) => watchedBy(setting, watcher));
    crowd.onDelivered = ({ identity }, user, online, atMs) => {
      if (identity.watchOnly) ledger.received(identity.user - setting.users, user, online, atMs);
      else ledger.unwanted++;
    };
    const flippers = new Flippers(stage, users);
    let { lost } = await flippers.run(crowd, ledger, WARM_UP_MS);
    const rounds = await roundsOf(stage, setting.rounds, async (): Promise<Round> => {
      ledger.restart();
      const framesBefore = messagesRead();
      let flipped: FlipRound = { flips: 0, late: 0, lost: 0 };
      const cost = await costOf(stage, async () => {
        flipped = await flippers.run(crowd, ledger, setting.roundMs);
      });
      const { delivered, unwanted, latency } = ledger;
      const changesPerFrame = (delivered + unwanted) / (messagesRead() - framesBefore);
      return { cost, delivered, unwanted, changesPerFrame, ...flipped, latency: latency.percentiles() };
    });
    const latencyAt = async (flipsPerSecond: number, durationMs: number) => {
      ledger.restart();
      lost += (await flippers.run(crowd, ledger, durationMs, flipsPerSecond / setting.users)).lost;
      return ledger.latency.percentiles();
    };
    const calm = await latencyAt(CALM_FLIPS_PER_SECOND, setting.calmMs);
    const alone = await latencyAt(ALONE_FLIPS_PER_SECOND, ALONE_MS);
    await crowd.dismiss();
    return summary(setting, rounds, { calm, alone, lost });
  },
};
