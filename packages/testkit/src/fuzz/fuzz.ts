import type { Clock, Dialect } from '@porchlight/server';
import { createRandom } from '../random.ts';
import { shrink } from '../shrink.ts';
import { type Configuration, configuration, mildConfiguration, troubleReading } from './configuration.ts';
import { type Conversation, inputsOf, SURFACES, type Surface } from './conversation.ts';
import { generate } from './generate.ts';
import type { Vocabulary } from './grammar.ts';
import { readRoutes } from './http-routes.ts';
import { play } from './play.ts';
import { startWith } from './started.ts';
import { FUZZ_KEY, startTarget, type Target } from './target.ts';
import { readUnderstood, type VitalSigns } from './vital-signs.ts';

export interface FuzzOptions {
  /** The server's program, `cli.ts`. */
  readonly program: string;
  readonly seed: number;
  /** At least so many inputs. */
  readonly inputs: number;
  readonly dialects: readonly Dialect[];
  readonly clock: Clock;
  /** Further options of the server, by their names. */
  readonly options?: Readonly<Record<string, string>>;
  /** How many servers may be started to make a failure smaller. */
  readonly shrinkTriesMax?: number;
  readonly print?: (line: string) => void;
}

export interface FuzzReport {
  readonly seed: number;
  readonly inputs: Readonly<Record<Surface, number>>;
  readonly conversations: number;
  readonly tookMs: number;
  readonly slowestHealthMs: number;
  /** At the start of the load, and every tenth of it, after a collection. */
  readonly memory: readonly { readonly inputs: number; readonly signs: VitalSigns }[];
  /** How many messages each dialect took, and how many refusals of each code were told. */
  readonly understood: Readonly<Record<string, number>>;
  /** Processes that were started with an odd configuration: those that were on and stopped when asked, and those that said why not. */
  readonly starts: { readonly on: number; readonly refused: number };
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly what: string;
  /** The fewest conversations that were found to bring it about; empty where it is not about any. */
  readonly conversations: readonly Conversation[];
  readonly configuration?: Configuration;
}

/** Conversations under way at once. */
const PARALLEL = 48;
/** Failures seen in answers come from what is being said; those of the process, from what was said lately. */
const RECENT_MAX = 400;
/** One input in so many is a configuration. */
const CONFIGURATION_SHARE = 0.05;
/** Of those, one in so many is given to a process of its own, which takes a thousand times as long. */
const PROCESS_SHARE = 1 / 500;
const FAILURES_MAX = 5;
/** How long after the last answer an error may show in the log. */
const LATE_MS = 250;
/** What the server may come to hold over a run: users it keeps in memory, compiled code, caches that fill. */
const HEAP_GROWTH_MIB_MAX = 32;

/** Fuzzes a server in a process of its own, and says all that it suffered. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { program, seed, clock, print = () => {} } = options;
  const startedAt = clock.now();
  const counts = Object.fromEntries(SURFACES.map((surface) => [surface, 0])) as Record<Surface, number>;
  const failures: Failure[] = [];
  const configurations = Math.floor(options.inputs * CONFIGURATION_SHARE);
  fuzzConfigurations(seed, configurations, failures);
  const starts = await fuzzStarts(options, Math.ceil(configurations * PROCESS_SHARE), failures);
  counts.configuration = configurations + starts.on + starts.refused;

  const target = await startTarget(program, clock, options.options);
  const vocabulary: Vocabulary = {
    dialects: options.dialects,
    routes: await readRoutes(target.server.url),
    sign: target.server.token,
    apiKey: FUZZ_KEY,
  };
  const memory = [{ inputs: 0, signs: await target.vitalSigns() }];
  const total = () => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const recent: Conversation[] = [];
  let next = 0;
  let distress: string | undefined;
  let understood: Readonly<Record<string, number>> = {};
  const talk = async () => {
    while (total() < options.inputs && distress === undefined && failures.length < FAILURES_MAX) {
      const conversation = generate(seed, next, vocabulary);
      next += 1;
      recent.push(conversation);
      if (recent.length > RECENT_MAX) recent.shift();
      const trouble = await play(conversation, target, clock);
      counts[conversation.surface] += inputsOf(conversation);
      if (trouble !== undefined) failures.push({ what: trouble, conversations: [conversation] });
      distress ??= target.distress();
      if (total() >= (options.inputs * memory.length) / 10) {
        const mark = { inputs: total(), signs: memory[0]?.signs as VitalSigns };
        memory.push(mark);
        mark.signs = await target.vitalSigns().catch(() => mark.signs);
        print(
          `${mark.inputs} inputs, ${next} conversations, heap ${mark.signs.heapMiB.toFixed(1)} MiB, /healthz at most ${target.slowestMs} ms`,
        );
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, talk));
    // Should it end while it is looked at, that is what is told.
    const left = distress === undefined ? await examineEnd(target, memory).catch((error) => [String(error)]) : [];
    distress ??= target.distress();
    if (distress === undefined) understood = await readUnderstood(target.server.url);
    failures.push(...left.map((what) => ({ what, conversations: [] })));
  } finally {
    await target.stop();
  }
  if (distress !== undefined) failures.push({ what: distress, conversations: recent });
  // One after the other: each starts servers of its own.
  const shrunk: Failure[] = [];
  for (const failure of failures) shrunk.push(await smallest(failure, options));
  return {
    seed,
    inputs: counts,
    conversations: next,
    tookMs: clock.now() - startedAt,
    slowestHealthMs: target.slowestMs,
    memory,
    understood,
    starts,
    failures: shrunk,
  };
}

function fuzzConfigurations(seed: number, count: number, failures: Failure[]): void {
  for (let index = 0; index < count && failures.length < FAILURES_MAX; index += 1) {
    const given = configuration(createRandom(seed, `configuration ${index}`));
    const what = troubleReading(given);
    if (what !== undefined) failures.push({ what, conversations: [], configuration: given });
  }
}

async function fuzzStarts({ seed, program, clock }: FuzzOptions, count: number, failures: Failure[]) {
  const starts = { on: 0, refused: 0 };
  for (let index = 0; index < count && failures.length < FAILURES_MAX; index += 1) {
    const random = createRandom(seed, `start ${index}`);
    const given = index % 2 === 0 ? mildConfiguration(random) : configuration(random);
    const { isOn, trouble } = await startWith(given, program, clock);
    starts[isOn ? 'on' : 'refused'] += 1;
    if (trouble !== undefined) failures.push({ what: trouble, conversations: [], configuration: given });
  }
  return starts;
}

async function examineEnd(target: Target, memory: { inputs: number; signs: VitalSigns }[]): Promise<string[]> {
  const left = await target.examine();
  const signs = await target.vitalSigns();
  memory.push({ inputs: memory.at(-1)?.inputs ?? 0, signs });
  const grownMiB = signs.heapMiB - (memory[0]?.signs.heapMiB ?? 0);
  return grownMiB > HEAP_GROWTH_MIB_MAX ? [...left, `the heap grew by ${grownMiB.toFixed(1)} MiB`] : left;
}

type Replaying = Pick<FuzzOptions, 'program' | 'clock' | 'options'>;

/** Plays conversations against a server of their own, one after the other, and says whether it suffers. */
export async function replay(conversations: readonly Conversation[], options: Replaying): Promise<string | undefined> {
  const target = await startTarget(options.program, options.clock, options.options);
  try {
    return (await playAll(conversations, target, options.clock))?.trouble;
  } finally {
    await target.stop();
  }
}

/** What it suffered first, and after how many of them that showed. */
async function playAll(conversations: readonly Conversation[], target: Target, clock: Clock) {
  for (const [index, conversation] of conversations.entries()) {
    const trouble = (await play(conversation, target, clock)) ?? target.distress();
    if (trouble !== undefined) return { trouble, after: index + 1 };
  }
  // What fails a moment later fails as well.
  await new Promise<void>((done) => void clock.alarm(clock.now() + LATE_MS, done));
  const trouble = target.distress();
  return trouble === undefined ? undefined : { trouble, after: conversations.length };
}

/** First the fewest conversations, then the fewest steps of what is left of them. A server that took no harm serves the next try as well. */
async function smallest(failure: Failure, options: FuzzOptions): Promise<Failure> {
  const triesMax = options.shrinkTriesMax ?? 40;
  if (failure.conversations.length === 0 || triesMax === 0) return failure;
  let target: Target | undefined;
  const harm = async (conversations: readonly Conversation[]) => {
    target ??= await startTarget(options.program, options.clock, options.options);
    const harmed = await playAll(conversations, target, options.clock);
    if (harmed !== undefined) {
      await target.stop();
      target = undefined;
    }
    return harmed;
  };
  const fails = async (conversations: readonly Conversation[]) => (await harm(conversations)) !== undefined;
  try {
    const first = await harm(failure.conversations);
    if (first === undefined) return failure;
    const suspects = failure.conversations.slice(0, first.after);
    const few = (await lastOnes(suspects, fails)) ?? (await shrink(suspects, fails, triesMax));
    const [only] = few;
    if (few.length !== 1 || only === undefined) return { ...failure, conversations: few };
    const steps = await shrink(only.steps, (left) => fails([{ ...only, steps: left }]), triesMax);
    return { ...failure, conversations: [{ ...only, steps }] };
  } finally {
    await target?.stop();
  }
}

/** Most often the harm is done by one alone, shortly before it shows. */
async function lastOnes(
  suspects: readonly Conversation[],
  fails: (some: Conversation[]) => Promise<boolean>,
): Promise<Conversation[] | undefined> {
  for (const suspect of suspects.slice(-4).reverse()) if (await fails([suspect])) return [suspect];
  return undefined;
}
