import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthenticator } from './authenticate.ts';
import { help } from './cli/help.ts';
import { call, porchlight } from './cli/run-program.ts';
import { serve } from './cli/serve.ts';
import { token } from './cli/token.ts';
import { createSystemClock } from './clock.ts';
import { secretPath } from './data-folder.ts';
import { completeOptions, type ServerOptions } from './options.ts';
import { obtainSecret } from './secrets.ts';

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'porchlight-cli-'));
});
afterEach(() => rmSync(data, { recursive: true }));

async function verify(token: string, given: Partial<ServerOptions> = {}) {
  const options = completeOptions({ jwtSecret: obtainSecret(data), ...given });
  return await createAuthenticator({ ...options, clock: createSystemClock() }).verify(token);
}

describe('porchlight token', () => {
  test('prints only a token, signed with the secret in the data folder, which is made once', async () => {
    const flags = ['--user', 'alice', '--name', 'Alice A.', '--role=nurse', '--email', 'a@example.com', '--tenant', 'acme', '--data', data];
    const { code, stdout, stderr } = await porchlight(['token', ...flags]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const identity = await verify(stdout.trim());
    expect(identity).toMatchObject({ user: 'alice', tenant: 'acme', profile: { name: 'Alice A.', role: 'nurse', email: 'a@example.com' } });
    expect((identity.expiresAt ?? 0) - (identity.issuedAt ?? 0)).toBe(86_400_000);
    expect(statSync(secretPath(data)).mode & 0o777).toBe(0o600);
    expect(readdirSync(data)).toEqual(['jwt-secret']);
    await verify((await call(token, ['--user', 'bob', '--data', data, '--ttl', '90s'])).stdout.trim());
  });

  test('follows the options of the server, wherever they are given', async () => {
    const jwtSecret = 'another secret that is long enough!!';
    const env = { PORCHLIGHT_JWT_SECRET: jwtSecret, PORCHLIGHT_USER_CLAIM: 'uid', PORCHLIGHT_JWT_ISSUER: 'us' };
    const { stdout } = await call(token, ['--user', '42', '--jwt-audience', 'here'], env);
    expect((await verify(stdout.trim(), { jwtSecret, userClaim: 'uid', jwtIssuer: 'us', jwtAudience: 'here' })).user).toBe('42');
  });

  test.each([
    [[], /--user ID is needed/],
    [['--user'], /--user needs a value/],
    [['--user', ' a'], /--user must be 1 to 128 characters/],
    [['--user', 'a', '--tenant', ''], /--tenant must be/],
    [['--user', 'a', '--ttl', '1'], /--ttl must be a time/],
    [['--user', 'a', '--ttl', '9999d'], /--ttl must be a time/],
    [
      ['--user', 'a', '--ttl', '2h', '--token-lifetime-max-ms', '3600000'],
      /--ttl \(7200000 ms\) must not be more than --token-lifetime-max-ms \(3600000\)/,
    ],
    [['--user', 'a', '--usr', 'b'], /Unknown option '--usr'/],
    [['--user', 'a', 'b'], /'b'/],
    [['--user', 'a', '--auth', 'open'], /looks at no token/],
    [['--user', 'a', '--jwks-url', 'https://issuer.example'], /no secret here/],
  ])('%j is refused in words', async (flags, message) => {
    const { code, stdout, stderr } = await call(token, ['--data', data, ...flags]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ {4}at /);
  });
});

test('help, version and slips', async () => {
  expect((await porchlight([])).stdout).toMatch(/porchlight serve/);
  expect((await porchlight(['serve', '--help'])).stdout).toMatch(/porchlight serve/);
  expect((await call(help, ['options'])).stdout).toMatch(/--\[no-\]playground /);
  expect((await call(help, ['options', '--markdown'])).stdout).toMatch(/^\| flag \|/);
  expect((await porchlight(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const { code, stderr } = await porchlight(['sevre']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'There is no command "sevre". The commands are serve, token, doctor, help, version.\n',
  });
});

test('serve refuses wrong options in words, before it starts anything', async () => {
  const { code, stderr } = await call(serve, ['--data', data, '--auth', 'open'], { NODE_ENV: 'production' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^--auth open lets anyone be anyone/);
  expect(readdirSync(data)).toEqual([]);
});
