import type { Spread } from './measure.ts';
import type { Outcome } from './play.ts';
import type { Column, Scenario, Size } from './scenarios/scenario.ts';

/** One line of the report, as written to the JSON file. */
export interface Line {
  scenario: string;
  setting: string;
  contestant: string;
  /** What it took, from starting the server to its end. */
  seconds: number;
  outcome: Outcome;
}

/** A whole run, as written to the JSON file. */
export interface Run {
  machine: string;
  size: Size;
  /** When it began. */
  at: string;
  /** What else the machine did. */
  busyBefore: string;
  busyAfter: string;
  seconds: number;
  lines: Line[];
}

const number = (value: number, digits: number) =>
  value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** The median and, where the runs differ, half the distance between the least and the most in per cent. */
function cell(figure: Spread | undefined, column: Column): string {
  if (figure === undefined || Number.isNaN(figure.median)) return '–';
  const half = figure.runs > 1 && figure.median !== 0 ? Math.round((50 * (figure.most - figure.least)) / figure.median) : 0;
  return `${number(figure.median, column.digits)}${half > 0 ? ` ±${half}%` : ''}`;
}

function row(line: Line, columns: readonly Column[]): string[] {
  if ('unable' in line.outcome) return [];
  if ('skipped' in line.outcome) return [line.contestant, ...columns.map(() => '–'), `skipped: ${line.outcome.skipped}`];
  if ('failed' in line.outcome) return [line.contestant, ...columns.map(() => '–'), `FAILED: ${line.outcome.failed.split('\n')[0]}`];
  const { figures, serverSeconds, loadSeconds, notes } = line.outcome.result;
  // The engine alone has no load beside it.
  const share = serverSeconds === 0 ? [] : [`load ${Math.round((100 * loadSeconds) / serverSeconds)} % of server`];
  return [line.contestant, ...columns.map((column) => cell(figures[column.key], column)), [...share, ...notes].join('; ')];
}

/** A Markdown table of one setting of one scenario. */
export function table(scenario: Pick<Scenario, 'letter' | 'title' | 'columns'>, setting: string, all: readonly Line[]): string {
  const lines = all.filter(({ outcome }) => !('unable' in outcome));
  const unable = all.filter(({ outcome }) => 'unable' in outcome).map(({ contestant }) => contestant);
  const cannot = unable.length === 0 ? [] : [`Cannot do this: ${unable.join(', ')}.`, ''];
  const rows = [['', ...scenario.columns.map(({ title }) => title), 'notes'], ...lines.map((line) => row(line, scenario.columns))];
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((cells) => cells[index]!.length)));
  const last = widths.length - 1;
  const pad = (text: string, index: number) =>
    index === 0 || index === last ? text.padEnd(index === last ? 0 : widths[index]!) : text.padStart(widths[index]!);
  const drawn = rows.map((cells) => `| ${cells.map(pad).join(' | ')} |`);
  const rule = `|${widths.map((width, index) => (index === last ? '---' : '-'.repeat(width + 1) + (index === 0 ? '-' : ':'))).join('|')}|`;
  return [`### (${scenario.letter}) ${scenario.title}: ${setting}`, '', drawn[0], rule, ...drawn.slice(1), '', ...cannot].join('\n');
}
