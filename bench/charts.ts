/**
 * `node bench/charts.ts FILE...`: takes the JSON files of runs and writes what `docs/performance.md` says of them between its marks: the run,
 * the aims, ours beside the peers, and all tables, with a chart of the first column of each in `docs/images/performance/`. A scenario is
 * taken from the first file that has it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contestants } from './contestants/contestants.ts';
import { type Bar, barChart } from './page/bar-chart.ts';
import { describeRuns } from './page/describe-runs.ts';
import { Figures } from './page/figures.ts';
import { targetTable } from './page/targets.ts';
import { lacksTable, verdictTable } from './page/verdicts.ts';
import { type Line, type Run, table } from './report.ts';
import { engineAlone } from './scenarios/engine-alone.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const IMAGES = fileURLToPath(new URL('../docs/images/performance/', import.meta.url));

type Heading = Pick<Scenario, 'letter' | 'name' | 'title' | 'columns'>;

const kindOf = (name: string): Bar['kind'] => contestants.find((contestant) => contestant.name === name)?.kind ?? 'ours';

/** The bars of a table's first column; of the engine alone, the bytes of somebody online, which are to stay the same. */
function barsOf(heading: Heading, block: readonly Line[]): { column: string; bars: Bar[] } {
  const column = heading.columns.find(({ key }) => key === 'onlineBytes') ?? heading.columns[0]!;
  const bars = block.flatMap(({ contestant, outcome }): Bar[] => {
    const value = 'result' in outcome ? outcome.result.figures[column.key]?.median : undefined;
    if (value === undefined || value === null || Number.isNaN(value) || value < 0) return [];
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
  writeFileSync(`${IMAGES}${name}`, barChart(`${heading === engineAlone ? heading.title : setting}: ${column}`, bars));
  return `${text}\n![${heading.title}: ${setting}; the figures are those of the table](images/performance/${name})\n`;
}

function allTables(figures: Figures): string {
  return [...scenarios, engineAlone]
    .flatMap((heading) =>
      figures.settings(heading.letter).map((setting, index) => {
        const block = figures.lines.filter((line) => line.scenario === heading.letter && line.setting === setting);
        return section(heading, setting, block, index);
      }),
    )
    .join('\n');
}

function put(page: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark}: begin -->`, `<!-- ${mark}: end -->`];
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before === -1 || after === -1) throw new Error(`${PAGE} has no marks ${begin} and ${end}`);
  return `${page.slice(0, before + begin.length)}\n\n${text.trim()}\n\n${page.slice(after)}`;
}

const runs = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as Run);
if (runs.length === 0) throw new Error('Run it as: node bench/charts.ts FILE...');
mkdirSync(IMAGES, { recursive: true });
for (const name of readdirSync(IMAGES)) if (name.endsWith('.svg')) rmSync(`${IMAGES}${name}`);
const figures = new Figures(runs);
const blocks = {
  run: describeRuns(runs, figures),
  aims: targetTable(figures),
  peers: verdictTable(figures),
  lacks: lacksTable(),
  tables: allTables(figures),
};
let page = readFileSync(PAGE, 'utf8');
for (const [mark, text] of Object.entries(blocks)) page = put(page, mark, text);
writeFileSync(PAGE, page);
console.log(`Drew the scenarios ${[...new Set(figures.lines.map(({ scenario }) => scenario))].join(', ')}.`);
