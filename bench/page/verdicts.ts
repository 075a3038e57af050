import { contestants } from '../contestants/contestants.ts';
import type { Column, Scenario } from '../scenarios/scenario.ts';
import { scenarios } from '../scenarios/scenarios.ts';
import { type Figures, inWords } from './figures.ts';

/** Within so much of one another two are level: less than the spread of the rounds. */
const LEVEL = 1.03;

interface Peer {
  name: string;
  spares: string;
  /** How many times as good as ours it is. */
  times: number;
}

function peersOf(figures: Figures, scenario: Scenario, setting: string, column: Column, ours: number): Peer[] {
  const peers = contestants.flatMap(({ kind, name, spares = '' }): Peer[] => {
    const value = kind === 'peer' ? figures.median(scenario.letter, setting, name, column.key) : undefined;
    if (value === undefined || value <= 0) return [];
    return [{ name, spares, times: column.better === 'more' ? value / ours : ours / value }];
  });
  return peers.sort((one, other) => other.times - one.times);
}

function verdict(peers: readonly Peer[], caution: string | undefined): string {
  const [best] = peers;
  if (best === undefined) return 'no peer did this';
  const ahead = peers.filter(({ times }) => times > LEVEL);
  if (ahead.length > 0) {
    const reasons = ahead.map(({ name, times, spares }) => `${name} (${inWords(times)} times): ${spares}`);
    return `behind ${[...reasons, ...(caution === undefined ? [] : [caution])].join('; ')}`;
  }
  if (best.times > 1 / LEVEL) return `level with ${best.name}, ahead of the others`;
  return `**ahead of all**; ${inWords(1 / best.times)} times ${best.name}, the next`;
}

/** For each table's first column: ours beside the peers, and the reason where one is ahead. */
export function verdictTable(figures: Figures): string {
  const rows = scenarios.flatMap((scenario) => {
    const column = scenario.columns[0]!;
    return figures.settings(scenario.letter).flatMap((setting) =>
      contestants.flatMap(({ kind, name }) => {
        const ours = kind === 'ours' ? figures.median(scenario.letter, setting, name, column.key) : undefined;
        if (ours === undefined) return [];
        const value = ours.toLocaleString('en-GB', { maximumFractionDigits: column.digits });
        // A figure below nothing (memory that shrank) has no ratio.
        const text = ours <= 0 ? 'too little to compare' : verdict(peersOf(figures, scenario, setting, column, ours), scenario.caution);
        return [`| (${scenario.letter}) ${setting} | ${name} | ${value} ${column.title} | ${text} |`];
      }),
    );
  });
  return ['| scenario | ours | figure | beside the peers |', '|---|---|---|---|', ...rows].join('\n');
}

/** What each contestant leaves out, as a Markdown table. */
export function lacksTable(): string {
  const rows = contestants.filter(({ kind }) => kind !== 'ours').map(({ name, lacks }) => `| ${name} | ${lacks} |`);
  return ['| | does not do |', '|---|---|', ...rows].join('\n');
}
