import { Crowd } from '../load/crowd.ts';
import type { LoadConnection } from '../load/load-connection.ts';
import { costOf, until } from '../load/stage.ts';
import { spread } from '../measure.ts';
import { roundsOf, type Scenario, type Sizes, totals } from './scenario.ts';

interface Setting extends Sizes {
  users: number;
  perRound: number;
  rounds: number;
}

/** Kept-alive connections, each with one request under way, as a pool of phones behind a proxy. */
const CONNECTIONS = 64;
const ROUND_MS_MAX = 60_000;

export const heartbeats: Scenario<Setting> = {
  letter: 'f',
  name: 'heartbeats',
  title: 'HTTP heartbeats with a token, each user in turn',
  needs: ['heartbeat'],
  columns: [
    { key: 'perCpuSecond', title: 'heartbeats/CPU-s', digits: 0, better: 'more' },
    { key: 'micros', title: 'CPU µs/heartbeat', digits: 1, better: 'less' },
  ],
  settings: {
    quick: [{ label: '1,000 users', seconds: 2, users: 1_000, perRound: 10_000, rounds: 2 }],
    full: [
      { label: '1,000 users', seconds: 5, users: 1_000, perRound: 25_000, rounds: 3 },
      { label: '10,000 users', seconds: 5, users: 10_000, perRound: 25_000, rounds: 3 },
    ],
  },

  accounts: (setting) => ({ users: setting.users, watchedBy: () => [] }),

  async run(stage, setting) {
    const crowd = new Crowd(stage.wire, stage.port);
    const requests = Array.from({ length: setting.users }, (_, user) => stage.wire.heartbeat!(user));
    const connections = await crowd.open(Array.from({ length: CONNECTIONS }, (_, user) => ({ user, watchOnly: true })));
    let sent = 0;
    let answered = 0;
    let wanted = 0;
    const beat = (connection: LoadConnection) => {
      if (sent >= wanted) return;
      connection.send(requests[sent++ % requests.length]!);
    };
    crowd.onAnswered = (connection) => {
      answered++;
      beat(connection);
    };
    const round = async (count: number) => {
      sent = 0;
      answered = 0;
      wanted = count;
      for (const connection of connections) beat(connection);
      await until(
        () => answered === wanted,
        ROUND_MS_MAX,
        () => `LOST: ${wanted - answered} of ${wanted} heartbeats were not answered within ${ROUND_MS_MAX} ms`,
      );
      crowd.check();
    };
    // Every user once, so that all tokens are known to the server as they are in a running system.
    await round(Math.max(setting.users, setting.perRound / 4));
    const costs = await roundsOf(stage, setting.rounds, () => costOf(stage, () => round(setting.perRound)));
    await crowd.dismiss();
    return {
      figures: {
        perCpuSecond: spread(costs.map(({ serverSeconds }) => setting.perRound / serverSeconds)),
        micros: spread(costs.map(({ serverSeconds }) => (1e6 * serverSeconds) / setting.perRound)),
      },
      ...totals(costs, { wanted: setting.rounds }),
    };
  },
};
