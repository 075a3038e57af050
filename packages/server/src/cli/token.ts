import { parseArgs } from 'node:util';
import { isUserId } from '@porchlight/protocol';
import { signToken } from '../authenticate.ts';
import type { Terminal } from '../cli.ts';
import { createSystemClock } from '../clock.ts';
import { OptionsError, readOptions } from '../options.ts';
import { tokenSecret } from '../secrets.ts';

const OWN_FLAGS = ['user', 'name', 'role', 'email', 'tenant', 'ttl'] as const;
const UNIT_MS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const LIFETIME_MAX_MS = 3_650 * 86_400_000;

/** Takes the flags of this command out of the line; what is left are options of the server. */
function takeOwnFlags(argv: string[]) {
  const options = Object.fromEntries(OWN_FLAGS.map((name) => [name, { type: 'string' as const }]));
  const { tokens } = parseArgs({ args: argv, options, strict: false, allowPositionals: true, tokens: true });
  const own = new Map<string, string>();
  const taken = new Set<number>();
  for (const each of tokens) {
    if (each.kind !== 'option' || !Object.hasOwn(options, each.name)) continue;
    if (each.value === undefined) throw new OptionsError([`--${each.name} needs a value.`]);
    own.set(each.name, each.value);
    taken.add(each.index);
    if (!each.inlineValue) taken.add(each.index + 1);
  }
  return { own, rest: argv.filter((_, index) => !taken.has(index)) };
}

/** `90s`, `30m`, `24h`, `7d` as milliseconds. */
function readLifetime(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text) ?? [];
  const lifetimeMs = Number(count) * (UNIT_MS.get(unit) ?? 0);
  if (lifetimeMs >= 1_000 && lifetimeMs <= LIFETIME_MAX_MS) return lifetimeMs;
  throw new OptionsError([`--ttl must be a time from 1s to 3650d, such as 30m, 24h or 7d, not "${text}".`]);
}

function readId(name: string, text: string): string {
  if (isUserId(text)) return text;
  throw new OptionsError([`--${name} must be 1 to 128 characters without controls or outer white space.`]);
}

/** Prints a token, and nothing else, that the server with the same options accepts. */
export async function token({ argv, env, print }: Terminal): Promise<number> {
  const { own, rest } = takeOwnFlags(argv);
  const options = readOptions({ argv: rest, env });
  const user = own.get('user');
  if (user === undefined) throw new OptionsError(['--user ID is needed: whose token is it to be?']);
  const tenant = own.get('tenant');
  const contents = {
    user: readId('user', user),
    ...(tenant !== undefined && { tenant: readId('tenant', tenant) }),
    profile: Object.fromEntries(['name', 'role', 'email'].flatMap((name) => (own.has(name) ? [[name, own.get(name) ?? '']] : []))),
    lifetimeMs: readLifetime(own.get('ttl') ?? '24h'),
  };
  const { tokenLifetimeMaxMs: lifetimeMax } = options;
  if (lifetimeMax > 0 && contents.lifetimeMs > lifetimeMax) {
    throw new OptionsError([`--ttl (${contents.lifetimeMs} ms) must not be more than --token-lifetime-max-ms (${lifetimeMax}).`]);
  }
  if (options.auth === 'open') throw new OptionsError(['--auth open looks at no token, so none can be made.']);
  const jwtSecret = tokenSecret(options);
  if (jwtSecret === null)
    throw new OptionsError(['Tokens are signed by the issuer of --jwks-url or --jwt-public-key; there is no secret here to sign with.']);
  print(signToken(contents, { ...options, jwtSecret, clock: createSystemClock() }));
  return 0;
}
