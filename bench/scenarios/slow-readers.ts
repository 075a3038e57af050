import { Crowd } from '../load/crowd.ts';
import { Flippers, type FlipRound } from '../load/flippers.ts';
import { Ledger } from '../load/ledger.ts';
import { costOf, pause, quiet } from '../load/stage.ts';
import { processUseOf, spread } from '../measure.ts';
import { type Scenario, type Sizes, totals } from './scenario.ts';

interface Setting extends Sizes {
  users: number;
  readers: number;
  slow: number;
  flipsPerSecond: number;
  durationMs: number;
}

const WARM_UP_MS = 1_000;
/** They have caught up when nothing has come for a while. */
const QUIET_MS = 500;
const CATCH_UP_MS_MAX = 6_000;

/** What every slow reader was last told of every user: 0 nothing, 1 offline, 2 online. */
class LastTold {
  readonly #users: number;
  readonly #told: Uint8Array;

  constructor(users: number, slow: number) {
    this.#users = users;
    this.#told = new Uint8Array(users * slow);
  }

  tell(reader: number, user: number, online: boolean): void {
    this.#told[reader * this.#users + user] = online ? 2 : 1;
  }

  wrong(reader: number, flippers: Flippers): number {
    let count = 0;
    for (let user = 0; user < this.#users; user++) {
      const told = this.#told[reader * this.#users + user];
      if (told !== (flippers.isOnline(user) ? 2 : 1)) count++;
    }
    return count;
  }
}

const identities = (count: number, first: number, watchOnly: boolean) =>
  Array.from({ length: count }, (_, index) => ({ user: first + index, watchOnly }));

export const slowReaders: Scenario<Setting> = {
  letter: 'h',
  name: 'slow-readers',
  title: 'Half of the watchers stop reading, then read again',
  caution: "what fits into the kernel's buffers counts for nothing, so short messages and a slow pace cost nothing",
  needs: ['watch', 'flip'],
  columns: [
    { key: 'growth', title: 'KB a slow reader', digits: 0, better: 'less' },
    { key: 'flips', title: 'flips/s', digits: 0, better: 'more' },
    { key: 'medianMs', title: "others' median ms", digits: 1, better: 'less' },
    { key: 'p99Ms', title: "others' p99 ms", digits: 1, better: 'less' },
    { key: 'backlog', title: 'records read after', digits: 0, better: 'less' },
    { key: 'wrong', title: 'wrong at the end', digits: 0, better: 'less' },
  ],
  settings: {
    quick: [],
    full: [{ label: '20 of 40, for 6 s', seconds: 12, users: 1_000, readers: 20, slow: 20, flipsPerSecond: 4, durationMs: 6_000 }],
  },

  accounts: (setting) => ({
    users: setting.users + setting.readers + setting.slow,
    watchedBy: (user) => (user < setting.users ? [] : Array.from({ length: setting.users }, (_, index) => index)),
  }),

  async run(stage, setting) {
    const crowd = new Crowd(stage.wire, stage.port);
    const everybody = Array.from({ length: setting.users }, (_, index) => index);
    const users = (await crowd.open(identities(setting.users, 0, false))).sort((a, b) => a.identity.user - b.identity.user);
    const readers = await crowd.open(identities(setting.readers + setting.slow, setting.users, true));
    await crowd.watch(readers, () => everybody);
    await quiet(stage);
    const ledger = new Ledger(setting.users, setting.readers, () => everybody);
    const last = new LastTold(setting.users, setting.slow);
    let backlog = 0;
    crowd.onDelivered = ({ identity }, user, online, atMs) => {
      const reader = identity.user - setting.users;
      if (reader < 0) return;
      if (reader < setting.readers) return ledger.received(reader, user, online, atMs);
      backlog++;
      last.tell(reader - setting.readers, user, online);
    };
    const flippers = new Flippers(stage, users);
    await flippers.run(crowd, ledger, WARM_UP_MS);
    ledger.restart();
    const slow = readers.filter(({ identity }) => identity.user >= setting.users + setting.readers);
    crowd.mayEnd = (connection) => slow.includes(connection);
    await stage.collect();
    const before = processUseOf(stage.pid).pssBytes;
    for (const connection of slow) connection.pause();
    let flipped: FlipRound = { flips: 0, late: 0, lost: 0 };
    const cost = await costOf(stage, async () => {
      flipped = await flippers.run(crowd, ledger, setting.durationMs, setting.flipsPerSecond);
    });
    await stage.collect();
    const growth = processUseOf(stage.pid).pssBytes - before;
    backlog = 0;
    for (const connection of slow) connection.resume();
    const resumedAt = performance.now();
    for (let before = -1; before !== backlog && performance.now() - resumedAt < CATCH_UP_MS_MAX; ) {
      before = backlog;
      await pause(QUIET_MS);
    }
    const ended = slow.filter((connection) => connection.hasEnded);
    const reading = slow.filter((connection) => !connection.hasEnded);
    const wrong = reading.reduce((sum, { identity }) => sum + last.wrong(identity.user - setting.users - setting.readers, flippers), 0);
    const { medianMs, p99Ms } = ledger.latency.percentiles();
    await crowd.dismiss();
    return {
      figures: {
        flips: spread([flipped.flips / cost.wallSeconds]),
        growth: spread([growth / 1e3 / setting.slow]),
        medianMs: spread([medianMs]),
        p99Ms: spread([p99Ms]),
        backlog: spread([backlog / setting.slow]),
        wrong: spread([wrong]),
      },
      ...totals([cost], { notes: ended.length > 0 ? [`${ended.length} slow readers were disconnected`] : [], lost: flipped.lost }),
    };
  },
};
