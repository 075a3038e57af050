import { Crowd } from '../load/crowd.ts';
import { randomness, smallWorld } from '../load/randomness.ts';
import { Sessions } from '../load/sessions.ts';
import { costOf } from '../load/stage.ts';
import { spread } from '../measure.ts';
import { roundsOf, type Scenario, type Sizes, totals } from './scenario.ts';

interface Setting extends Sizes {
  users: number;
  contactsEach: number;
  roundMs: number;
  rounds: number;
}

const SEED = 20_250_904;
const REWIRED = 0.1;
/** From nobody to the usual share of people online. */
const WARM_UP_MS = 2_500;

const worldOf = (setting: Setting) => smallWorld(setting.users, setting.contactsEach, REWIRED, randomness(SEED));

export const smallWorldSessions: Scenario<Setting> = {
  letter: 'c',
  name: 'small-world',
  title: 'A small world of contacts who come and go: connecting, watching everybody they know, leaving',
  needs: ['watch', 'leave'],
  columns: [
    { key: 'microsPerChange', title: 'CPU µs/coming or going', digits: 0, better: 'less' },
    { key: 'perCpuSecond', title: 'deliveries/CPU-s', digits: 0, better: 'more' },
    { key: 'medianMs', title: 'median ms', digits: 1, better: 'less' },
    { key: 'p99Ms', title: 'p99 ms', digits: 1, better: 'less' },
    { key: 'p999Ms', title: 'p99.9 ms', digits: 1, better: 'less' },
  ],
  settings: {
    quick: [{ label: '300 people, 50 contacts each', seconds: 4, users: 300, contactsEach: 50, roundMs: 1_500, rounds: 1 }],
    full: [{ label: '500 people, 50 contacts each', seconds: 8, users: 500, contactsEach: 50, roundMs: 3_000, rounds: 2 }],
  },

  accounts(setting) {
    const world = worldOf(setting);
    return { users: setting.users, watchedBy: (user) => world[user] ?? [] };
  },

  async run(stage, setting) {
    const crowd = new Crowd(stage.wire, stage.port);
    const sessions = new Sessions(stage, crowd, worldOf(setting), SEED);
    await sessions.run(WARM_UP_MS);
    const rounds = await roundsOf(stage, setting.rounds, async () => {
      sessions.restart();
      const cost = await costOf(stage, () => sessions.run(setting.roundMs));
      const { delivered, arrivals, departures, lost } = sessions;
      return { cost, delivered, lost, changes: arrivals + departures, latency: sessions.latency.percentiles() };
    });
    await crowd.dismiss();
    return {
      figures: {
        microsPerChange: spread(rounds.map(({ cost, changes }) => (1e6 * cost.serverSeconds) / changes)),
        perCpuSecond: spread(rounds.map(({ cost, delivered }) => delivered / cost.serverSeconds)),
        medianMs: spread(rounds.map(({ latency }) => latency.medianMs)),
        p99Ms: spread(rounds.map(({ latency }) => latency.p99Ms)),
        p999Ms: spread(rounds.map(({ latency }) => latency.p999Ms)),
      },
      ...totals(
        rounds.map(({ cost }) => cost),
        { wanted: setting.rounds, lost: rounds.reduce((sum, { lost }) => sum + lost, 0) },
      ),
    };
  },
};
