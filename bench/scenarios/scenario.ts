import type { Accounts, Wire } from '../contestants/contestant.ts';
import type { Stage } from '../load/stage.ts';
import type { Spread } from '../measure.ts';

export type Size = 'quick' | 'full';

/** One measured line of the report: a contestant in a setting. */
export interface Result {
  /** By column key; a column without a figure is shown as a dash. */
  figures: Record<string, Spread>;
  /** CPU seconds of both sides in the measured sections, to show that the load cost less. */
  serverSeconds: number;
  loadSeconds: number;
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

/** One scenario of the benchmark: a file each, with these headings in this order. */
export interface Scenario<Setting extends { label: string } = { label: string }> {
  /** Its letter and short name, both accepted by `--only`. */
  letter: string;
  name: string;
  title: string;
  /** What a contestant's wire must be able to do to take part. */
  needs: readonly (keyof Wire)[];
  columns: readonly Column[];
  settings: Readonly<Record<Size, readonly Setting[]>>;
  accounts(setting: Setting): Accounts;
  /** Runs against one started server; throws when anything was lost. */
  run(stage: Stage, setting: Setting): Promise<Result>;
}

/** Sums of several measured sections, and a note when the load was the more expensive side. */
export function totals(costs: readonly { serverSeconds: number; loadSeconds: number }[], notes: string[]): Omit<Result, 'figures'> {
  const serverSeconds = costs.reduce((sum, cost) => sum + cost.serverSeconds, 0);
  const loadSeconds = costs.reduce((sum, cost) => sum + cost.loadSeconds, 0);
  return { serverSeconds, loadSeconds, notes: loadSeconds > serverSeconds ? [...notes, 'the load cost more CPU than the server'] : notes };
}
