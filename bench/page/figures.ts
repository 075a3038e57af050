import type { Line, Run } from '../report.ts';
import type { Result } from '../scenarios/scenario.ts';

/** All lines of the runs that the page shows, a scenario from the first run that has it, and how to find a figure. */
export class Figures {
  readonly lines: readonly Line[];

  constructor(runs: readonly Run[]) {
    const taken = new Set<string>();
    this.lines = runs.flatMap(({ lines }) => {
      const own = lines.filter(({ scenario }) => !taken.has(scenario));
      for (const { scenario } of own) taken.add(scenario);
      return own;
    });
  }

  /** The settings of a scenario, in the order in which they were played. */
  settings(scenario: string): string[] {
    return [...new Set(this.lines.filter((line) => line.scenario === scenario).map(({ setting }) => setting))];
  }

  result(scenario: string, setting: string, contestant: string): Result | undefined {
    const line = this.lines.find((each) => each.scenario === scenario && each.setting === setting && each.contestant === contestant);
    return line !== undefined && 'result' in line.outcome ? line.outcome.result : undefined;
  }

  /** A median, or undefined where it was not measured. */
  median(scenario: string, setting: string | undefined, contestant: string, key: string): number | undefined {
    const figure = setting === undefined ? undefined : this.result(scenario, setting, contestant)?.figures[key]?.median;
    // What is not a number is null in JSON.
    return figure === null || figure === undefined || Number.isNaN(figure) ? undefined : figure;
  }
}

/** A figure in words: three digits that count, thousands apart. */
export function inWords(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}
