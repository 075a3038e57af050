import { tokenOf } from '../load/bench-user.ts';
import { Crowd } from '../load/crowd.ts';
import { type Cost, costOf, pause, type Stage } from '../load/stage.ts';
import { spread } from '../measure.ts';
import { type Scenario, type Sizes, totals } from './scenario.ts';

interface Setting extends Sizes {
  clients: number;
  /** In place of the default of 15 s, so that a viewer can be listened to past it: whoever was not taken for returned would then be gone. */
  graceMs: number;
}

/** Connections under way at once: as fast as they can, and less than a listening socket's backlog, beyond which the kernel drops. */
const DIALLING_MAX = 400;
const VIEWER_WATCHES = 100;
/** Long enough for what a server would say late; the measured section is over by then. */
const LISTEN_MS = 1_000;
/** Parses the server's code before it is measured; their users are not among the clients. */
const WARM_UP_CLIENTS = 100;

interface Storm {
  crowd: Crowd;
  cost: Cost;
  viewerEvents: number;
}

/** One viewer first, then everybody at once. */
async function storm(stage: Stage, setting: Setting, listenMs: number): Promise<Storm> {
  const crowd = new Crowd(stage.wire, stage.port);
  let viewerEvents = 0;
  const viewer = await crowd.openOne({ user: setting.clients, watchOnly: true });
  if (stage.wire.watch !== undefined) {
    await crowd.watchOne(
      viewer,
      Array.from({ length: Math.min(VIEWER_WATCHES, setting.clients) }, (_, index) => index),
    );
  }
  crowd.onDelivered = (connection) => {
    if (connection === viewer) viewerEvents++;
  };
  const clients = Array.from({ length: setting.clients }, (_, user) => ({ user, watchOnly: false }));
  // Signed beforehand, so that no measured section pays for it.
  for (const { user } of clients) tokenOf(user);
  const cost = await costOf(stage, async () => {
    await crowd.open(clients, DIALLING_MAX);
  });
  await pause(listenMs);
  crowd.check();
  crowd.mayEnd = () => true;
  return { crowd, cost, viewerEvents };
}

async function warmUp(stage: Stage, setting: Setting): Promise<void> {
  const crowd = new Crowd(stage.wire, stage.port);
  await crowd.open(Array.from({ length: WARM_UP_CLIENTS }, (_, index) => ({ user: setting.clients + 1 + index, watchOnly: false })));
  await crowd.dismiss();
}

export const connectStorm: Scenario<Setting> = {
  letter: 'd',
  name: 'connect-storm',
  title: 'Everybody connects at once, and again after the server was killed',
  needs: ['flip'],
  columns: [
    { key: 'firstMicros', title: 'CPU µs/connection', digits: 0, better: 'less' },
    { key: 'firstPerSecond', title: 'connections/s', digits: 0, better: 'more' },
    { key: 'againMicros', title: 'again: CPU µs/conn.', digits: 0, better: 'less' },
    { key: 'againPerSecond', title: 'again: conn./s', digits: 0, better: 'more' },
    { key: 'viewerEvents', title: `events to a viewer of ${VIEWER_WATCHES}`, digits: 0, better: 'less' },
  ],
  settings: {
    // A restart and the grace after it take longer than is quick.
    quick: [],
    full: [
      { label: '1,000 clients', seconds: 5, clients: 1_000, graceMs: 4_000, forGrowth: true },
      { label: '10,000 clients', seconds: 13, clients: 10_000, graceMs: 12_000 },
    ],
  },

  accounts: (setting) => ({
    users: setting.clients + 1 + WARM_UP_CLIENTS,
    graceMs: setting.graceMs,
    watchedBy: (user) => (user === setting.clients ? Array.from({ length: VIEWER_WATCHES }, (_, index) => index) : []),
  }),

  async run(stage, setting) {
    await warmUp(stage, setting);
    const first = await storm(stage, setting, LISTEN_MS);
    await stage.restart();
    await first.crowd.dismiss();
    const again = await storm(stage, setting, (stage.hasGrace ? setting.graceMs : 0) + LISTEN_MS);
    await again.crowd.dismiss();
    const micros = ({ cost }: Storm) => spread([(1e6 * cost.serverSeconds) / setting.clients]);
    const perSecond = ({ cost }: Storm) => spread([setting.clients / cost.wallSeconds]);
    return {
      figures: {
        firstMicros: micros(first),
        firstPerSecond: perSecond(first),
        againMicros: micros(again),
        againPerSecond: perSecond(again),
        viewerEvents: spread(stage.wire.watch === undefined ? [] : [again.viewerEvents]),
      },
      ...totals([first.cost, again.cost]),
    };
  },
};
