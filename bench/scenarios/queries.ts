import { Crowd } from '../load/crowd.ts';
import { costOf, until } from '../load/stage.ts';
import { spread } from '../measure.ts';
import { roundsOf, type Scenario, type Sizes, totals } from './scenario.ts';

interface Setting extends Sizes {
  ids: number;
  queriesPerRound: number;
  rounds: number;
}

const USERS_ONLINE = 1_000;
const ASKING = 8;
/**
 * Queries under way on a connection; the next half is sent when a half is answered, in one write. Of a thousand ids fewer: sixteen answers
 * with their acknowledgements are 5 MB, and whoever asks on with more than 1 MB unread is cut.
 */
const windowFor = (ids: number) => (ids < 1_000 ? 16 : 4);
const ROUND_MS_MAX = 60_000;

export const queries: Scenario<Setting> = {
  letter: 'e',
  name: 'queries',
  title: 'Asking once for the presence of users, a thousand of whom are online',
  needs: ['query'],
  columns: [
    { key: 'perCpuSecond', title: 'queries/CPU-s', digits: 0, better: 'more' },
    { key: 'micros', title: 'CPU µs/query', digits: 1, better: 'less' },
  ],
  settings: {
    quick: [
      { label: '1 id', seconds: 1.5, ids: 1, queriesPerRound: 10_000, rounds: 2 },
      { label: '1,000 ids', seconds: 1.5, ids: 1_000, queriesPerRound: 192, rounds: 2 },
    ],
    full: [
      { label: '1 id', seconds: 3, ids: 1, queriesPerRound: 30_000, rounds: 3 },
      { label: '50 ids', seconds: 3, ids: 50, queriesPerRound: 10_240, rounds: 3 },
      { label: '1,000 ids', seconds: 3, ids: 1_000, queriesPerRound: 768, rounds: 3 },
    ],
  },

  accounts: () => ({ users: USERS_ONLINE + ASKING, watchedBy: () => [] }),

  async run(stage, setting) {
    const crowd = new Crowd(stage.wire, stage.port);
    await crowd.open(Array.from({ length: USERS_ONLINE }, (_, user) => ({ user, watchOnly: false })));
    const asking = await crowd.open(Array.from({ length: ASKING }, (_, index) => ({ user: USERS_ONLINE + index, watchOnly: true })));
    const frame = stage.wire.query!(Array.from({ length: setting.ids }, (_, index) => index % USERS_ONLINE));
    const half = windowFor(setting.ids) / 2;
    const questions = Buffer.concat(Array.from({ length: half }, () => frame));
    let answered = 0;
    let asked = 0;
    let wanted = 0;
    const ask = (connection: (typeof asking)[number]) => {
      if (asked >= wanted) return;
      asked += half;
      connection.send(questions);
    };
    crowd.onAnswered = (connection) => {
      answered++;
      if (++connection.pending % half === 0) ask(connection);
    };
    const round = async (count: number) => {
      asked = 0;
      answered = 0;
      wanted = Math.ceil(count / half) * half;
      for (const connection of [...asking, ...asking]) ask(connection);
      await until(
        () => answered === wanted,
        ROUND_MS_MAX,
        () => `LOST: ${wanted - answered} of ${wanted} answers did not come within ${ROUND_MS_MAX} ms`,
      );
      crowd.check();
    };
    await round(setting.queriesPerRound / 2);
    const costs = await roundsOf(stage, setting.rounds, () => costOf(stage, () => round(setting.queriesPerRound)));
    await crowd.dismiss();
    return {
      figures: {
        perCpuSecond: spread(costs.map(({ serverSeconds }) => wanted / serverSeconds)),
        micros: spread(costs.map(({ serverSeconds }) => (1e6 * serverSeconds) / wanted)),
      },
      ...totals(costs, { wanted: setting.rounds }),
    };
  },
};
