import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { optionsHelp, optionsMarkdown } from './options/markdown.ts';
import { environmentNameOf, flagOf, optionNames } from './options/table.ts';
import { completeOptions, OptionsError, optionWarnings, readOptions, unknownEnvironment } from './options.ts';

function problemsOf(sources: Parameters<typeof readOptions>[0]): string {
  try {
    readOptions(sources);
  } catch (error) {
    if (error instanceof OptionsError) return error.message;
    throw error;
  }
  throw new Error('accepted');
}

test('the defaults are complete, consistent and frozen', () => {
  const options = readOptions({});
  expect(options).toMatchObject({ port: 3_000, host: '127.0.0.1', auth: 'jwt', graceMs: 15_000, jwtSecret: null, frameBytesMax: 65_536 });
  expect(options.dialects).toHaveLength(5);
  expect(Object.isFrozen(options)).toBe(true);
});

test('flags win over the environment, that over the file, that over defaults', () => {
  const sources = {
    file: { port: 1, graceMs: 1, flushMs: 20 },
    env: { PORCHLIGHT_PORT: '2', PORCHLIGHT_GRACE_MS: '2' },
    argv: ['--port', '3'],
  };
  expect(readOptions(sources)).toMatchObject({ port: 3, graceMs: 2, flushMs: 20, leaseMs: 300_000 });
});

test('the file may be named by flag or environment, and what is wrong with it is said without quoting it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-options-'));
  const path = join(folder, 'porchlight.json');
  try {
    writeFileSync(path, JSON.stringify({ port: 4_000, corsOrigins: ['https://a.example'] }));
    expect(readOptions({ argv: ['--config', path] })).toMatchObject({ port: 4_000, corsOrigins: ['https://a.example'] });
    expect(readOptions({ env: { PORCHLIGHT_CONFIG: path } }).port).toBe(4_000);
    writeFileSync(path, '{"jwtSecret": hunter2');
    expect(problemsOf({ argv: ['--config', path] })).toBe(`The configuration file ${path} is not JSON.`);
    expect(problemsOf({ argv: ['--config', join(folder, 'none')] })).toMatch(/cannot be read \(ENOENT\)/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('lists: a flag repeated, a comma list in the environment, an array in the file', () => {
  const expected = ['https://a.example', 'https://b.example'];
  expect(readOptions({ argv: expected.flatMap((origin) => ['--cors-origin', origin]) }).corsOrigins).toEqual(expected);
  expect(readOptions({ env: { PORCHLIGHT_CORS_ORIGIN: expected.join(' , ') } }).corsOrigins).toEqual(expected);
  expect(readOptions({ file: { corsOrigins: expected } }).corsOrigins).toEqual(expected);
});

test('booleans: bare, negated, in the environment', () => {
  expect(readOptions({ argv: ['--engine-io3', '--no-log-pretty'] })).toMatchObject({ engineIo3: true, logPretty: false });
  expect(readOptions({ env: { PORCHLIGHT_ENGINE_IO3: 'true', PORCHLIGHT_LOG_PRETTY: '0' } })).toMatchObject({
    engineIo3: true,
    logPretty: false,
  });
});

test('every flag is accepted with its default, by flag and by environment', () => {
  for (const name of optionNames) {
    const value = readOptions({})[name];
    if (value === null || (Array.isArray(value) && value.length === 0)) continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    expect(readOptions({ env: { [environmentNameOf(name)]: text } })[name]).toEqual(value);
    const argv =
      typeof value === 'boolean'
        ? [value ? `--${flagOf(name)}` : `--no-${flagOf(name)}`]
        : (Array.isArray(value) ? value : [text]).flatMap((each) => [`--${flagOf(name)}`, each]);
    expect(readOptions({ argv })[name]).toEqual(value);
  }
});

test('everything wrong is said at once, naming which and what is allowed', () => {
  const problems = problemsOf({
    argv: ['--port', '70000', '--auth', 'none'],
    env: { PORCHLIGHT_GRACE_MS: '15s' },
    file: { prot: 1, playground: 'yes' },
  });
  expect(problems.split('\n')).toEqual([
    'There is no option "prot" in the configuration. The README lists all of them.',
    'playground in the configuration must be true or false, not "yes".',
    'PORCHLIGHT_GRACE_MS must be a whole number from 0 to 120000 (ms), not "15s".',
    '--port must be a whole number from 0 to 65535, not "70000".',
    '--auth must be one of jwt, open, not "none".',
  ]);
});

test.each([
  [['--prot', '1'], /Unknown option '--prot'/],
  [['--port'], /--port/],
  [['stray'], /stray/],
  [['--playground=maybe'], /--playground/],
])('the flags %j are refused', (argv, message) => {
  expect(problemsOf({ argv })).toMatch(message);
});

test.each([null, [], 'text', 7])('the configuration %j is refused', (file) => {
  if (file === null) return expect(problemsOf({ file: JSON.parse('[null]') })).toMatch(/JSON object/);
  return expect(problemsOf({ file })).toMatch(/JSON object/);
});

test.each(['1e3', '0x10', '-1', '3000.5', ' 3000', '٣', '9'.repeat(20), 'NaN', 'tcp://10.0.0.1:3000'])('the port %j is refused', (port) => {
  expect(problemsOf({ env: { PORCHLIGHT_PORT: port } })).toMatch(/PORCHLIGHT_PORT must be a whole number/);
});

test('an empty variable counts as not given, a slip in a name is found', () => {
  expect(readOptions({ env: { PORCHLIGHT_PORT: '', PORCHLIGHT_CONFIG: '' } }).port).toBe(3_000);
  expect(unknownEnvironment({ PORCHLIGHT_JWT_SECERT: 'x', PORCHLIGHT_PORT: '1', PATH: '/' })).toEqual(['PORCHLIGHT_JWT_SECERT']);
  expect(problemsOf({ file: { jwtSecert: 'x' } })).toMatch(/Did you mean "jwtSecret"\?/);
});

test('a secret never appears in a message', () => {
  const secret = 'hunter2:hunter2';
  const problems = problemsOf({ file: { jwtSecret: 7, apiKeys: [secret] }, argv: ['--jwt-secret', 'hunter2', '--api-key', 'hunter2'] });
  expect(problems).not.toContain('hunter2');
  expect(problems).toMatch(/--jwt-secret has 7 bytes/);
  expect(problems).toMatch(/--api-key must be/);
});

describe('relations', () => {
  const secret = 'x'.repeat(32);
  const production = { NODE_ENV: 'production' };
  test.each([
    [{ argv: ['--auth', 'open'], env: production }, /refused when NODE_ENV is production/],
    [{ argv: ['--playground'], env: production }, /--playground-hands-out-tokens-to-anyone forces it/],
    [{ argv: ['--playground', '--host', '0.0.0.0'] }, /--host \(0\.0\.0\.0\) must be a loopback address/],
    [{ argv: ['--playground', '--host', '127.0.0.1.evil.example'] }, /must be a loopback address/],
    [{ argv: ['--jwt-secret', 'x'.repeat(31)] }, /has 31 bytes, and must have at least 32/],
    [{ argv: ['--jwks-url', 'https://a.example', '--jwt-public-key', 'key.pem'] }, /give only one of them/],
    [{ argv: ['--jwks-url', 'http://a.example'] }, /must be an https URL/],
    [{ argv: ['--jwks-url', 'file:///etc/passwd'] }, /must be an https URL/],
    [{ argv: ['--auth', 'open', '--jwt-secret', secret] }, /looks at no token/],
    [{ argv: ['--api-key', 'a:0123456789abcdef', '--api-key', 'b:0123456789abcdef'] }, /same key to two tenants/],
    [{ argv: ['--cors-origin', 'https://a.example/'] }, /exact origin/],
    [{ argv: ['--cors-origin', 'null'] }, /exact origin/],
    [{ argv: ['--trusted-proxy', '10.0.0.0/33'] }, /CIDR/],
    [{ argv: ['--dialect', 'klingon'] }, /--dialect must be one of .* not "klingon"/],
    [
      { argv: ['--dialect', 'user-status', '--default-dialect', 'user-presence'] },
      /--default-dialect \(user-presence\) must be one of --dialect \(user-status\)/,
    ],
    [{ argv: ['--time-zone', 'Mars/Base'] }, /IANA/],
    [{ argv: ['--cookie', 'a;b'] }, /cookie name/],
    [{ argv: ['--ping-timeout-ms', '20000'] }, /--ping-timeout-ms \(20000\) must not be more than --ping-interval-ms \(15000\)/],
    [
      { argv: ['--grace-ms', '5000', '--closing-grace-ms', '6000'] },
      /--closing-grace-ms \(6000\) must not be more than --grace-ms \(5000\)/,
    ],
    [
      { argv: ['--watches-per-connection-max', '6000'] },
      /--watches-per-connection-max \(6000\) must not be more than --watches-per-user-max \(5000\)/,
    ],
  ])('%j is refused', (sources, message) => {
    expect(problemsOf(sources)).toMatch(message);
  });

  test('a shorter grace alone shortens the one for closing pages too', () => {
    expect(readOptions({ argv: ['--grace-ms', '1000'] }).closingGraceMs).toBe(1_000);
  });

  test('the frank flag, loopback and development allow what is refused above', () => {
    readOptions({ argv: ['--playground', '--host', '0.0.0.0', '--playground-hands-out-tokens-to-anyone'], env: production });
    readOptions({ argv: ['--playground', '--host', '::1'] });
    readOptions({ argv: ['--jwks-url', 'http://127.0.0.1:8080/keys', '--jwt-secret', secret] });
    readOptions({ argv: ['--dialect', 'klingon', '--dialect-config', 'klingon.ts', '--default-dialect', 'klingon'] });
    readOptions({ argv: ['--trusted-proxy', 'loopback', '--trusted-proxy', '10.0.0.0/8', '--trusted-proxy', 'fd00::/8'] });
  });

  test('what is allowed but dangerous is said aloud', () => {
    expect(optionWarnings(completeOptions({ auth: 'open', host: '0.0.0.0' }))[0]).toMatch(/ANYONE CAN BE ANYONE.*0\.0\.0\.0/);
    expect(optionWarnings(completeOptions({ jwksUrl: 'https://a.example' }))[0]).toMatch(/--jwt-audience/);
    expect(optionWarnings(completeOptions())).toEqual([]);
  });
});

test('an embedding program gets the same checks', () => {
  expect(completeOptions({ port: 0 }, {}).port).toBe(0);
  expect(() => completeOptions({ graceMs: 120_001 })).toThrow(/graceMs in the configuration/);
  expect(() => completeOptions({ auth: 'open' }, { NODE_ENV: 'production' })).toThrow(OptionsError);
});

test('names are unambiguous, and the tables list every one', () => {
  expect(new Set(optionNames.map(flagOf)).size).toBe(optionNames.length);
  const [markdown, help] = [optionsMarkdown(), optionsHelp()];
  for (const name of optionNames) {
    expect(markdown).toContain(`| \`--${flagOf(name)}\` | \`${environmentNameOf(name)}\` | \`${name}\` |`);
    expect(help).toContain(flagOf(name));
  }
  expect(markdown.split('\n').every((row) => row.match(/(?<!\\)\|/g)?.length === 7)).toBe(true);
});
