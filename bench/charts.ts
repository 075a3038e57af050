/**
 * `node bench/charts.ts FILE...`: takes the JSON files of runs, puts their tables into `docs/performance.md` between the two marks, and
 * draws a chart of the first column of each table into `docs/images/performance/`. A scenario is taken from the first file that has it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Bar, barChart } from './bar-chart.ts';
import { contestants } from './contestants/contestants.ts';
import { type Line, table } from './report.ts';
import { engineAlone } from './scenarios/engine-alone.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const IMAGES = new URL('../docs/images/performance/', import.meta.url);
const [BEGIN, END] = ['<!-- tables: begin -->', '<!-- tables: end -->'];

interface Run {
  size: string;
  at: string;
  lines: Line[];
}

type Heading = Pick<Scenario, 'letter' | 'name' | 'title' | 'columns'>;

const kindOf = (name: string): Bar['kind'] => contestants.find((contestant) => contestant.name === name)?.kind ?? 'ours';

/** The bars of a table's first column; of the engine alone, the bytes of somebody online, which are to stay the same. */
function barsOf(heading: Heading, block: readonly Line[]): { column: string; bars: Bar[] } {
  const column = heading.columns.find(({ key }) => key === 'onlineBytes') ?? heading.columns[0]!;
  const bars = block.flatMap(({ contestant, outcome }): Bar[] => {
    const value = 'result' in outcome ? outcome.result.figures[column.key]?.median : undefined;
    if (value === undefined || value === null || Number.isNaN(value)) return [];
    const text = value.toLocaleString('en-GB', { minimumFractionDigits: column.digits, maximumFractionDigits: column.digits });
    return [{ label: contestant, value, text, kind: kindOf(contestant) }];
  });
  return { column: `${column.title} (${column.better} is better)`, bars };
}

function section(heading: Heading, setting: string, block: readonly Line[], index: number): string {
  const { column, bars } = barsOf(heading, block);
  const text = table(heading, setting, block);
  if (bars.length < 2) return text;
  const name = `${heading.name}-${index + 1}.svg`;
  mkdirSync(IMAGES, { recursive: true });
  writeFileSync(new URL(name, IMAGES), barChart(`${setting}: ${column}`, bars));
  return `${text}\n![${heading.title}: ${setting}; the figures are those of the table](images/performance/${name})\n`;
}

const parts: string[] = [];
const drawn = new Set<string>();
for (const file of process.argv.slice(2)) {
  const run = JSON.parse(readFileSync(file, 'utf8')) as Run;
  const headings = [...scenarios, engineAlone].filter(
    ({ letter }) => !drawn.has(letter) && run.lines.some((line) => line.scenario === letter),
  );
  if (headings.length > 0) parts.push(`## From the ${run.size} run of ${run.at.slice(0, 16).replace('T', ' ')} UTC\n`);
  for (const heading of headings) {
    drawn.add(heading.letter);
    const ofScenario = run.lines.filter(({ scenario }) => scenario === heading.letter);
    const settings = [...new Set(ofScenario.map(({ setting }) => setting))];
    for (const [index, setting] of settings.entries()) {
      const block = ofScenario.filter((line) => line.setting === setting);
      parts.push(section(heading, setting, block, index));
    }
  }
}
const page = readFileSync(PAGE, 'utf8');
const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
if (before === -1 || after === -1 || parts.length === 0) throw new Error(`No runs were given, or ${PAGE} has no marks ${BEGIN} and ${END}`);
writeFileSync(PAGE, `${page.slice(0, before + BEGIN.length)}\n\n${parts.join('\n')}\n${page.slice(after)}`);
console.log(`Drew the scenarios ${[...drawn].join(', ')}.`);
