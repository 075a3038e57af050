import type { Line, Run } from '../report.ts';
import { engineAlone } from '../scenarios/engine-alone.ts';
import { scenarios } from '../scenarios/scenarios.ts';
import type { Figures } from './figures.ts';

const SPREAD_MAX_PERCENT = 10;

const named = ({ scenario, setting, contestant }: Line) => `${contestant} in (${scenario}) ${setting}`;
const list = (lines: readonly Line[]) => lines.map(named).join('; ');

function describeRun({ machine, size, at, busyBefore, busyAfter, seconds, lines }: Run, figures: Figures): string {
  const shown = lines.filter((line) => figures.lines.includes(line));
  const letters = [...new Set(shown.map(({ scenario }) => scenario))].sort().join(', ');
  const took = `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const day = `${at.slice(0, 16).replace('T', ' ')} UTC`;
  return `A ${size} run, of which are shown ${letters}, begun ${day}, took ${took} on ${machine}; ${busyBefore} before, ${busyAfter.replace('load average ', '')} after.`;
}

/** Half the distance between the rounds of a row's first column, in per cent of the median. */
function spreadOf({ scenario, outcome }: Line): number | undefined {
  const key = [...scenarios, engineAlone].find(({ letter }) => letter === scenario)?.columns[0]?.key;
  const figure = key !== undefined && 'result' in outcome ? outcome.result.figures[key] : undefined;
  if (figure === undefined || figure.runs < 2 || !(figure.median > 0)) return undefined;
  return (50 * (figure.most - figure.least)) / figure.median;
}

/** From which run the figures of the page are, and what has to be known of them as a whole. */
export function describeRuns(runs: readonly Run[], figures: Figures): string {
  const { lines } = figures;
  const measured = lines.filter(({ outcome }) => 'result' in outcome);
  const failed = lines.filter(({ outcome }) => 'failed' in outcome);
  const skipped = lines.filter(({ outcome }) => 'skipped' in outcome);
  const lossy = lines.filter(({ outcome }) => 'result' in outcome && outcome.result.lost > 0);
  const heavy = lines.filter(
    ({ outcome }) => 'result' in outcome && outcome.result.loadSeconds > outcome.result.serverSeconds && outcome.result.serverSeconds > 0,
  );
  const spreads = lines.map(spreadOf).filter((value) => value !== undefined);
  const wide = spreads.filter((value) => value > SPREAD_MAX_PERCENT).length;
  return [
    ...runs.map((run) => describeRun(run, figures)),
    `${measured.length} rows were measured. ${failed.length === 0 ? 'None failed.' : `Failed: ${list(failed)}.`}` +
      `${skipped.length === 0 ? '' : ` Skipped, with the reason in the table: ${list(skipped)}.`}`,
    lossy.length === 0 ? 'No delivery was lost by anybody.' : `Deliveries were lost by ${list(lossy)}.`,
    `Of ${spreads.length} rows with several rounds ${wide} spread by more than ±${SPREAD_MAX_PERCENT} % in their first column.`,
    heavy.length === 0
      ? 'In every row the load cost less CPU than the server.'
      : `The load cost more CPU than the server in ${heavy.length} rows, which say so: ${list(heavy)}.`,
  ].join('\n\n');
}
