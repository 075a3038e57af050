import { completeOptions, OptionsError, readOptions } from '@porchlight/server';
import type { Random } from '../random.ts';
import { nastyJson, nastyText } from './values.ts';

/** One configuration as an operator might give it, by all three ways. */
export interface Configuration {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly file: unknown;
}

const NAMES = Object.keys(completeOptions({}, {}));
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const withoutNul = (text: string) => text.replaceAll('\u0000', '');

const VALUES = [
  '0',
  '1',
  '-1',
  '3000',
  '65536',
  '1e3',
  '0x10',
  '',
  'true',
  'false',
  'sqlite',
  'memory',
  'open',
  'UTC',
  'Europe/Berlin',
  '*',
];

function someValue(random: Random): string {
  return random.chance(0.7) ? random.pick(VALUES) : withoutNul(nastyText(random)).slice(0, 2_000);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function configuration(random: Random): Configuration {
  const some = (most: number) => Array.from({ length: random.below(most) }, () => random.pick(NAMES));
  const argv = some(6).flatMap((name) => {
    const flag = random.chance(0.95) ? `--${kebab(name)}` : withoutNul(random.pick(['--', '-p', '--no-such', nastyText(random)]));
    return random.chance(0.7) ? [`${flag}=${someValue(random)}`] : random.chance(0.5) ? [flag, someValue(random)] : [flag];
  });
  const env = Object.fromEntries(
    some(4).map((name) => [`PORCHLIGHT_${kebab(name).replaceAll('-', '_').toUpperCase()}`, someValue(random)]),
  );
  const fields = some(5).map((name): [string, unknown] => [name, random.chance(0.5) ? someValue(random) : parsed(nastyJson(random))]);
  return { argv, env, file: random.chance(0.95) ? Object.fromEntries(fields) : parsed(nastyJson(random)) };
}

/** One of which only a flag or two are odd, so that it often is a good one. */
export function mildConfiguration(random: Random): Configuration {
  const { argv } = configuration(random);
  const flags = argv.filter((flag) => /^--[\w-]+=/.test(flag));
  return { argv: flags.slice(0, 1 + random.below(2)), env: {}, file: {} };
}

/** What is wrong with how the options were read: nothing, unless it was anything but options or an OptionsError that says what to do. */
export function troubleReading(given: Configuration): string | undefined {
  try {
    readOptions(given);
    return undefined;
  } catch (error) {
    if (error instanceof OptionsError && error.problems.every((problem) => problem.trim() !== '')) return undefined;
    return `readOptions threw ${String(error)}`;
  }
}
