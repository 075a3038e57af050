import type { Contestant } from './contestants/contestant.ts';
import type { RowTime } from './play.ts';
import type { Scenario, Size, Sizes } from './scenarios/scenario.ts';

/** What `npm run bench` may take after it is installed: 20 minutes less the installation, and 2 minutes likewise. */
const RUN_SECONDS_MAX: Readonly<Record<Size, number>> = { full: 18.8 * 60, quick: 104 };
/** A row that is slower than planned may still finish its rounds, and is broken off where it seems to hang. */
const ROUNDS_FACTOR = 1.6;
const LIMIT_FACTOR = 5;
const LIMIT_SECONDS_MIN = 30;
/** However late it is, nobody is given less of its time to end in. */
const SHARE_MIN = 0.4;
/** The last row may run over the end by so much. */
const OVER_SECONDS_MAX = 15;

/** One contestant in one setting of one scenario. */
export interface Row {
  scenario: Scenario;
  setting: number;
  sizes: Sizes;
  contestant: Contestant;
  /** What it is planned to take: nothing where the contestant declines. */
  seconds: number;
}

/** In the order of playing: what a late run leaves out are the slowest peers first, then peers, and never a whole scenario. */
const turnOf = ({ kind, slow }: Contestant) => (kind !== 'peer' ? 0 : slow === true ? 2 : 1);

/** All rows in the order of playing, without those who have no words for a scenario. */
export function rowsOf(scenarios: readonly Scenario[], contestants: readonly Contestant[], size: Size): Row[] {
  const rows = scenarios.flatMap((scenario) =>
    scenario.settings[size].flatMap((sizes, setting) =>
      contestants
        .filter((contestant) => can(contestant, scenario) && isWanted(contestant, scenario, size, setting))
        .map((contestant) => ({ scenario, setting, sizes, contestant, seconds: secondsFor(contestant, scenario, sizes) })),
    ),
  );
  return rows.sort((one, other) => turnOf(one.contestant) - turnOf(other.contestant));
}

function isWanted({ kind, declines }: Contestant, scenario: Scenario, size: Size, setting: number): boolean {
  const sizes = scenario.settings[size][setting];
  const next = scenario.settings[size][setting + 1];
  if (kind !== 'peer' || sizes?.forGrowth !== true || next === undefined) return true;
  return declines?.(scenario.letter, scenario.accounts(next).users, next.label) !== undefined;
}

/** True when its wire has every word that the scenario needs. */
export const can = ({ wire }: Pick<Contestant, 'wire'>, { needs }: Scenario) => needs.every((need) => wire[need] !== undefined);

const secondsFor = ({ declines }: Contestant, { letter, accounts }: Scenario, sizes: Sizes) =>
  declines?.(letter, accounts(sizes).users, sizes.label) === undefined ? sizes.seconds : 0;

const secondsOf = (rows: readonly Row[]) => rows.reduce((sum, { seconds }) => sum + seconds, 0);

/** Divides the time that is left among the rows that are left: on a slow machine all get fewer rounds, rather than the last none. */
export class Plan {
  readonly #rows: readonly Row[];
  readonly #endAt: number;
  readonly #size: Size;

  /** `startedAt` by `performance.now()`. */
  constructor(rows: readonly Row[], size: Size, startedAt: number) {
    this.#rows = rows;
    this.#size = size;
    this.#endAt = startedAt + RUN_SECONDS_MAX[size] * 1_000;
  }

  /** The time for a row, or undefined when none is left. */
  timeFor(row: Row): RowTime | undefined {
    // Whoever declines says why, however late it is.
    if (row.seconds === 0) return { roundsMs: 0, limitMs: LIMIT_SECONDS_MIN * 1_000 };
    const leftSeconds = (this.#endAt - performance.now()) / 1_000;
    if (leftSeconds <= 0) return undefined;
    const share = Math.min(1, leftSeconds / secondsOf(this.#rows.slice(this.#rows.indexOf(row))));
    const limitSeconds = Math.max(LIMIT_SECONDS_MIN, row.seconds * LIMIT_FACTOR) * Math.max(share, SHARE_MIN);
    return {
      roundsMs: row.seconds * share * ROUNDS_FACTOR * 1_000,
      limitMs: Math.min(limitSeconds, leftSeconds + OVER_SECONDS_MAX) * 1_000,
    };
  }

  /** A line for each setting, and the sum. `others` is what is planned beside the rows. */
  describe(others: readonly { letter: string; label: string; seconds: number }[]): string {
    const settings = new Map<string, Row[]>();
    for (const row of this.#rows) {
      const key = `(${row.scenario.letter}) ${row.scenario.name}: ${row.sizes.label}`;
      settings.set(key, [...(settings.get(key) ?? []), row]);
    }
    const lines = [...settings].map(
      ([key, rows]) => `${key}: ${rows.filter(({ seconds }) => seconds > 0).length} × ${rows[0]!.sizes.seconds} s`,
    );
    const sum = secondsOf(this.#rows) + others.reduce((total, { seconds }) => total + seconds, 0);
    return [
      ...others.map(({ letter, label, seconds }) => `(${letter}) ${label}: ${seconds} s`),
      ...lines,
      `Planned: ${sum} s, where peers are missing less. Ends after ${RUN_SECONDS_MAX[this.#size] + OVER_SECONDS_MAX} s at the latest.\n`,
    ].join('\n');
  }
}
