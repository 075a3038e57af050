import type { Accounts, Wire } from '../contestants/contestant.ts';
import type { Cost, Stage } from '../load/stage.ts';
import type { Spread } from '../measure.ts';

export type Size = 'quick' | 'full';

/** One measured line of the report: a contestant in a setting. */
export interface Result {
  /** By column key; a column without a figure is shown as a dash. */
  figures: Record<string, Spread>;
  /** CPU seconds of both sides in the measured sections, to show that the load cost less. */
  serverSeconds: number;
  loadSeconds: number;
  /** Deliveries that were expected and did not come in time. */
  lost: number;
  notes: string[];
}

export interface Column {
  key: string;
  /** Heading with its unit. */
  title: string;
  /** Digits after the point. */
  digits: number;
  better: 'more' | 'less';
}

/** How big a scenario is played. */
export interface Sizes {
  label: string;
  /** What a row takes on a quiet machine, the start of the server included; the plan and the limits come from it. */
  seconds: number;
  /** True where it only shows growth: a peer plays it when it declines the next, larger one. */
  forGrowth?: true;
}

/** One scenario of the benchmark: a file each, with these headings in this order. */
export interface Scenario<Setting extends Sizes = Sizes> {
  /** Its letter and short name, both accepted by `--only`. */
  letter: string;
  name: string;
  title: string;
  /** What has to be known where a peer is ahead. */
  caution?: string;
  /** What a contestant's wire must be able to do to take part. */
  needs: readonly (keyof Wire)[];
  columns: readonly Column[];
  settings: Readonly<Record<Size, readonly Setting[]>>;
  accounts(setting: Setting): Accounts;
  /** Runs against one started server; throws when a connection failed. */
  run(stage: Stage, setting: Setting): Promise<Result>;
}

/** Plays rounds while the time of the row allows, one at least. */
export async function roundsOf<Round>(stage: Stage, wanted: number, play: () => Promise<Round>): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let tookMs = 0; rounds.length === 0 || (rounds.length < wanted && performance.now() + tookMs < stage.roundsUntilMs); ) {
    const startedAt = performance.now();
    rounds.push(await play());
    tookMs = performance.now() - startedAt;
  }
  return rounds;
}

/** Sums of several measured sections, and what is to be said about them. */
export function totals(
  costs: readonly Pick<Cost, 'serverSeconds' | 'loadSeconds'>[],
  { notes = [], wanted = 0, lost = 0 }: { notes?: readonly string[]; wanted?: number; lost?: number } = {},
): Omit<Result, 'figures'> {
  const serverSeconds = costs.reduce((sum, cost) => sum + cost.serverSeconds, 0);
  const loadSeconds = costs.reduce((sum, cost) => sum + cost.loadSeconds, 0);
  const said = [...notes];
  if (lost > 0) said.push(`LOST ${lost.toLocaleString('en-GB')} deliveries`);
  if (wanted > costs.length) said.push(`${costs.length} of ${wanted} rounds, to be done in time`);
  if (loadSeconds > serverSeconds) said.push('the load cost more CPU than the server');
  return { serverSeconds, loadSeconds, lost, notes: said };
}
