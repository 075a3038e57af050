import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkOptions } from './options/check.ts';
import { readValue } from './options/read-value.ts';
import { describe, environmentNameOf, flagOf, OPTIONS, type OptionName, optionNames, type ServerOptions } from './options/table.ts';

export { isLoopback, optionWarnings } from './options/check.ts';
export type { ServerOptions } from './options/table.ts';

/** Some options are unknown, malformed or contradict each other; the message lists all of them, a line each. */
export class OptionsError extends Error {
  readonly code = 'INVALID_OPTIONS';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'OptionsError';
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Something that was given, and where, for the message when it is wrong. */
interface Given {
  name: OptionName;
  value: unknown;
  source: string;
}

interface OptionSources {
  /** Flags only, such as `['--port', '0']`. */
  argv?: readonly string[];
  /** Environment variables; those that are empty count as not given. */
  env?: Environment;
  /** The parsed configuration file; when absent, the file that `--config` or `PORCHLIGHT_CONFIG` names is read. */
  file?: unknown;
}

/** The flags in the form that node's `parseArgs` takes; `config` names the configuration file. */
function flagTable() {
  const flags: Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> = { config: { type: 'string' } };
  for (const name of optionNames) {
    const { kind } = describe(name);
    flags[flagOf(name)] = kind === 'boolean' ? { type: 'boolean' } : { type: 'string', multiple: kind === 'list' };
  }
  return flags;
}

function parseFlags(argv: readonly string[], problems: string[]): Map<string, unknown> {
  try {
    const { values } = parseArgs({ args: [...argv], options: flagTable(), allowNegative: true, strict: true });
    return new Map(Object.entries(values));
  } catch (error) {
    // The parser's messages name the flag; for a stray word, it quotes it.
    problems.push(error instanceof Error ? error.message : String(error));
    return new Map();
  }
}

function readFile(path: string, problems: string[]): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // Neither the text nor the parser's excerpt of it is quoted: the file may hold secrets.
    const reason =
      error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
    problems.push(`The configuration file ${path} ${reason}.`);
    return {};
  }
}

function fromFile(file: unknown, problems: string[]): Given[] {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    problems.push('The configuration must be a JSON object whose keys are option names.');
    return [];
  }
  return Object.entries(file).flatMap(([name, value]) => {
    if (Object.hasOwn(OPTIONS, name)) return [{ name: name as OptionName, value, source: `${name} in the configuration` }];
    problems.push(`There is no option "${name}" in the configuration. ${nearest(name)}`);
    return [];
  });
}

/** The option whose name shares the longest beginning with what was written: enough to find most slips. */
function nearest(written: string): string {
  const shared = (name: string) => {
    let length = 0;
    while (length < name.length && name[length]?.toLowerCase() === written[length]?.toLowerCase()) length++;
    return length;
  };
  const best = optionNames.reduce((found, name) => (shared(name) > shared(found) ? name : found));
  return shared(best) >= 4 ? `Did you mean "${best}"?` : 'The README lists all of them.';
}

function fromEnvironment(env: Environment): Given[] {
  return optionNames.flatMap((name) => {
    const source = environmentNameOf(name);
    const value = env[source];
    return value === undefined || value === '' ? [] : [{ name, value, source }];
  });
}

function fromFlags(flags: Map<string, unknown>): Given[] {
  return optionNames.flatMap((name) => {
    const value = flags.get(flagOf(name));
    return value === undefined ? [] : [{ name, value, source: `--${flagOf(name)}` }];
  });
}

function withDefaults(given: ReadonlyMap<OptionName, unknown>): ServerOptions {
  const values = Object.fromEntries(optionNames.map((name) => [name, given.get(name) ?? OPTIONS[name].default]));
  // So that a shorter grace can be asked for with one option.
  if (!given.has('closingGraceMs')) values.closingGraceMs = Math.min(Number(values.closingGraceMs), Number(values.graceMs));
  // Every name has a value of its option's type by now: its default, or what readValue made.
  return values as ServerOptions;
}

/**
 * Reads the options: defaults, then the configuration file, then the environment, then flags; later ones win. Throws `OptionsError` with
 * everything that is unknown, malformed or contradictory, and otherwise returns the complete options, frozen.
 */
export function readOptions({ argv = [], env = {}, file }: OptionSources): ServerOptions {
  const problems: string[] = [];
  const flags = parseFlags(argv, problems);
  const path = flags.get('config') ?? (env.PORCHLIGHT_CONFIG || undefined);
  const contents = file ?? (typeof path === 'string' ? readFile(path, problems) : {});

  const values = new Map<OptionName, unknown>();
  for (const { name, value, source } of [...fromFile(contents, problems), ...fromEnvironment(env), ...fromFlags(flags)]) {
    const reading = readValue(describe(name), value);
    if ('problem' in reading) problems.push(`${source} ${reading.problem}.`);
    else values.set(name, reading.value);
  }
  const options = Object.freeze(withDefaults(values));
  problems.push(...checkOptions(options, env.NODE_ENV === 'production').map((problem) => `${problem}.`));
  if (problems.length > 0) throw new OptionsError(problems);
  return options;
}

/** The complete options of a server that is embedded in another program: defaults under what is given, checked the same way. */
export function completeOptions(given: Partial<ServerOptions> = {}, env: Environment = { NODE_ENV: process.env.NODE_ENV }): ServerOptions {
  return readOptions({ file: given, env: { NODE_ENV: env.NODE_ENV } });
}

/** Variables that look like options but are none: a slip there would otherwise go unnoticed. */
export function unknownEnvironment(env: Environment): string[] {
  const known = new Set([...optionNames.map(environmentNameOf), 'PORCHLIGHT_CONFIG']);
  return Object.keys(env).filter((name) => name.startsWith('PORCHLIGHT_') && !known.has(name));
}
