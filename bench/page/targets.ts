import { engineAlone } from '../scenarios/engine-alone.ts';
import { type Figures, inWords } from './figures.ts';

const [NATIVE, SOCKETIO, ACK, HTTP] = ['porchlight native', 'porchlight Socket.IO', 'porchlight Socket.IO ack', 'porchlight HTTP'];
const [WS, BATCHED, BARE_SOCKETIO] = ['floor: ws', 'floor: ws, batched', 'floor: Socket.IO'];

/** What came of an aim; undefined where it was not measured. */
type Reached = { yes: boolean; text: string } | undefined;

interface Target {
  what: string;
  aim: string;
  reached(figures: Figures): Reached;
}

const KB = 1_024;
const FLAT = 1.2;

const thousands = (value: number) => (value >= 1e6 ? `${inWords(value / 1e6)} M` : `${inWords(value / 1e3)} k`);
const nanoseconds = (perSecond: number) => `${Math.round(1e9 / perSecond)} ns`;
const lastOf = (figures: Figures, scenario: string) => figures.settings(scenario).at(-1);
const percent = (part: number, whole: number | undefined, of: string) =>
  whole === undefined ? [] : [`${Math.round((100 * part) / whole)} % of ${of}`];

/** Deliveries a CPU-second in every setting of a scenario, beside floors of the same run. */
function deliveries(scenario: string, contestant: string, least: number, floors: readonly string[]): Target['reached'] {
  return (figures) => {
    const parts = figures.settings(scenario).flatMap((setting) => {
      const value = figures.median(scenario, setting, contestant, 'perCpuSecond');
      if (value === undefined) return [];
      const shares = floors.flatMap((floor) => percent(value, figures.median(scenario, setting, floor, 'perCpuSecond'), `“${floor}”`));
      return [{ value, text: `${thousands(value)}${shares.length > 0 ? ` (${shares.join(', ')})` : ''} with ${setting}` }];
    });
    return parts.length === 0
      ? undefined
      : { yes: parts.every(({ value }) => value >= least), text: parts.map(({ text }) => text).join('; ') };
  };
}

interface Measured {
  scenario: string;
  setting(figures: Figures): string | undefined;
  key: string;
  contestants: readonly (readonly [name: string, limit: number])[];
  better: 'more' | 'less';
  write(value: number): string;
}

/** One figure for each of some contestants, each with its own limit. */
function each({ scenario, setting, key, contestants, better, write }: Measured): Target['reached'] {
  return (figures) => {
    const parts = contestants.flatMap(([name, limit]) => {
      const value = figures.median(scenario, setting(figures), name, key);
      if (value === undefined) return [];
      return [{ yes: better === 'more' ? value >= limit : value <= limit, text: `${write(value)} ${name.replace('porchlight ', '')}` }];
    });
    return parts.length === 0 ? undefined : { yes: parts.every(({ yes }) => yes), text: parts.map(({ text }) => text).join(', ') };
  };
}

const engine = (key: string, users: string) => (figures: Figures) => figures.median('i', engineAlone.setting, `${users} users`, key);
const SIZES = ['10,000', '100,000', '1,000,000'];

/** How far the dearest lies above the cheapest. */
function flat(values: readonly (number | undefined)[], text: (ratio: number) => string): Reached {
  const known = values.filter((value) => value !== undefined);
  if (known.length < 2) return undefined;
  const ratio = Math.max(...known) / Math.min(...known);
  return { yes: ratio <= FLAT, text: text(ratio) };
}

const labelled = (scenario: string, start: string) => (figures: Figures) =>
  figures.settings(scenario).find((label) => label.startsWith(start));

const targets: readonly Target[] = [
  {
    what: 'One change to many watchers, native',
    aim: '≥ 130 k deliveries a CPU-second',
    reached: deliveries('a', NATIVE, 130_000, []),
  },
  {
    what: 'The same beside bare `ws` in the same run',
    aim: '≥ 90 %',
    reached(figures) {
      const shares = figures.settings('a').flatMap((setting) => {
        const [ours, floor] = [NATIVE, WS].map((name) => figures.median('a', setting, name, 'perCpuSecond'));
        return ours === undefined || floor === undefined ? [] : [Math.round((100 * ours) / floor)];
      });
      return shares.length === 0
        ? undefined
        : { yes: shares.every((share) => share >= 90), text: shares.map((share) => `${share} %`).join(', ') };
    },
  },
  {
    what: 'One change to many watchers, Socket.IO',
    aim: '≥ 110 k deliveries a CPU-second',
    reached: deliveries('a', SOCKETIO, 110_000, [BARE_SOCKETIO]),
  },
  {
    what: 'Many changes, native',
    aim: '≥ 1 M deliveries a CPU-second',
    reached: deliveries('b', NATIVE, 1e6, [WS, BATCHED]),
  },
  {
    what: 'Many changes, Socket.IO',
    aim: '≥ 700 k deliveries a CPU-second',
    reached: deliveries('b', SOCKETIO, 700_000, [BARE_SOCKETIO]),
  },
  {
    what: 'A query of 1,000 ids',
    aim: '≤ 500 µs of CPU',
    reached: each({
      ...{ scenario: 'e', setting: labelled('e', '1,000'), key: 'micros', better: 'less' },
      contestants: [
        [NATIVE, 500],
        [ACK, 500],
      ],
      write: (value) => `${inWords(value)} µs`,
    }),
  },
  {
    what: 'Queries of one id',
    aim: '≥ 90 k a CPU-second native, ≥ 60 k as a Socket.IO ack',
    reached: each({
      ...{ scenario: 'e', setting: labelled('e', '1 id'), key: 'perCpuSecond', better: 'more' },
      contestants: [
        [NATIVE, 90_000],
        [ACK, 60_000],
      ],
      write: thousands,
    }),
  },
  {
    what: 'HTTP heartbeats, token verified',
    aim: '≥ 20 k a CPU-second',
    reached: each({
      ...{ scenario: 'f', setting: (figures) => lastOf(figures, 'f'), key: 'perCpuSecond', better: 'more', write: thousands },
      contestants: [[HTTP, 20_000]],
    }),
  },
  {
    what: 'Memory of an idle connection with 50 watches, of ten thousand',
    aim: '≤ 8 KB native, ≤ 16 KB Socket.IO',
    reached: each({
      ...{ scenario: 'g', setting: labelled('g', '10,000'), key: 'watching', better: 'less' },
      contestants: [
        [NATIVE, 8 * KB],
        [SOCKETIO, 16 * KB],
      ],
      write: (value) => `${inWords(value / KB)} KB`,
    }),
  },
  ...(['b', 'c'] as const).map((scenario) => ({
    what: `Change to screen in (${scenario}), p99`,
    aim: '≤ 150 ms',
    reached: each({
      ...{ scenario, setting: (figures: Figures) => lastOf(figures, scenario), key: 'p99Ms', better: 'less' as const },
      contestants: [
        [NATIVE, 150],
        [SOCKETIO, 150],
      ],
      write: (value) => `${inWords(value)} ms`,
    }),
  })),
  {
    what: 'A first change, with nothing to gather, median',
    aim: '≤ 5 ms',
    reached: each({
      ...{ scenario: 'b', setting: (figures) => lastOf(figures, 'b'), key: 'aloneMedianMs', better: 'less' },
      contestants: [
        [NATIVE, 5],
        [SOCKETIO, 5],
      ],
      write: (value) => `${inWords(value)} ms`,
    }),
  },
  {
    what: 'Restart with ten thousand clients who return within the grace',
    aim: 'nothing said to viewers',
    reached: each({
      ...{ scenario: 'd', setting: labelled('d', '10,000'), key: 'viewerEvents', better: 'less' },
      contestants: [
        [NATIVE, 0],
        [SOCKETIO, 0],
      ],
      write: (value) => `${inWords(value)} events`,
    }),
  },
  {
    what: 'CPU of a connection, from 1,000 to 10,000 who come at once, native',
    aim: 'grows by less than 20 %',
    reached(figures) {
      const [few, many] = ['1,000', '10,000'].map((count) => figures.median('d', labelled('d', count)(figures), NATIVE, 'firstMicros'));
      if (few === undefined || many === undefined) return undefined;
      return { yes: many <= FLAT * few, text: `${inWords(few)} µs, ${inWords(many)} µs` };
    },
  },
  {
    what: 'Slow readers: of what they read afterwards, wrong in the end',
    aim: 'nothing, and nobody disconnected',
    reached: each({
      ...{ scenario: 'h', setting: (figures) => lastOf(figures, 'h'), key: 'wrong', better: 'less' },
      contestants: [
        [NATIVE, 0],
        [SOCKETIO, 0],
      ],
      write: (value) => `${inWords(value)} wrong`,
    }),
  },
  {
    what: 'Engine alone, steps a CPU-second, mostly signs of life',
    aim: '≥ 1 M',
    reached(figures) {
      const values = SIZES.map((users) => engine('mix', users)(figures));
      const scattered = engine('scattered', '1,000,000')(figures);
      const known = values.filter((value) => value !== undefined);
      if (known.length === 0) return undefined;
      const beside = scattered === undefined ? '' : `; ${thousands(scattered)} scattered over all of the largest`;
      return {
        yes: known.every((value) => value >= 1e6),
        text: `${known.map(thousands).join(', ')} at ${SIZES.join(', ')} users${beside}`,
      };
    },
  },
  {
    what: 'A million users online, engine alone',
    aim: '≤ 400 MB',
    reached(figures) {
      const bytes = engine('onlineBytes', '1,000,000')(figures);
      return bytes === undefined ? undefined : { yes: bytes <= 400, text: `${Math.round(bytes)} MB` };
    },
  },
  {
    what: 'A watch',
    aim: '≤ 24 bytes',
    reached(figures) {
      const values = SIZES.map((users) => engine('watchBytes', users)(figures)).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : { yes: values.every((value) => value <= 24), text: values.map(inWords).join(', ') };
    },
  },
  {
    what: 'Bytes a user from 10⁴ to 10⁶',
    aim: 'flat within 20 %',
    reached: (figures) =>
      flat(
        SIZES.map((users) => engine('onlineBytes', users)(figures)),
        (ratio) => `within ${Math.round(100 * (ratio - 1))} %`,
      ),
  },
  {
    what: 'CPU a mixed step from 10⁴ to 10⁶',
    aim: 'flat within 20 %',
    reached: (figures) =>
      flat(
        SIZES.map((users) => engine('mix', users)(figures)),
        (ratio) => `${inWords(ratio)} times, as memory leaves the cache, see [Growth](#growth)`,
      ),
  },
  {
    what: 'CPU a delivery from 10⁴ to 10⁶',
    aim: 'flat within 20 %',
    reached(figures) {
      const at = (key: string) => SIZES.map((users) => engine(key, users)(figures));
      const each = (key: string) =>
        at(key)
          .map((value) => (value === undefined ? '–' : nanoseconds(value)))
          .join(', ');
      const beside = `with a note at each who is told ${each('deliveryNoted')}, and that scattered ${each('deliveryScattered')}`;
      return flat(
        at('delivery'),
        (ratio) => `${inWords(ratio)} times (${each('delivery')} at ${SIZES.join(', ')} users; ${beside}), see [Growth](#growth)`,
      );
    },
  },
];

/** What was aimed at and what the figures say of it, as a Markdown table. */
export function targetTable(figures: Figures): string {
  const rows = targets.map(({ what, aim, reached }) => {
    const outcome = reached(figures);
    return `| ${what} | ${aim} | ${outcome === undefined ? 'not measured' : `${outcome.yes ? '**yes**' : 'no'}: ${outcome.text}`} |`;
  });
  return ['| what | aim | reached here |', '|---|---|---|', ...rows].join('\n');
}
