import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretPath } from './data-folder.ts';
import { completeOptions } from './options.ts';
import { obtainSecret, readSecret, SecretError, tokenSecret } from './secrets.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'porchlight-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a secret is made once, for the owner only, and nothing is left beside it', () => {
  const data = join(folder, 'deep', 'data');
  const secret = obtainSecret(data);
  expect(Buffer.byteLength(secret)).toBe(64);
  expect(obtainSecret(data)).toBe(secret);
  expect(statSync(secretPath(data)).mode & 0o777).toBe(0o600);
  expect(statSync(data).mode & 0o777).toBe(0o700);
  expect(readdirSync(data)).toEqual(['jwt-secret']);
});

test('processes that start at once agree on one secret', async () => {
  const program = `import { obtainSecret } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'secrets.ts')).href)};
    process.stdin.once('data', () => { process.stdout.write(obtainSecret(${JSON.stringify(folder)})); process.exit(); });
    process.stdout.write('!');`;
  const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '--eval', program]));
  const outputs = children.map((child) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    return () => text;
  });
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const closed = Promise.all(children.map((child) => once(child, 'close')));
  for (const child of children) child.stdin.write('go');
  await closed;
  expect(new Set(outputs.map((output) => output()))).toEqual(new Set([`!${readFileSync(secretPath(folder), 'utf8').trim()}`]));
});

test('a secret that others can read is refused, with what to do', () => {
  obtainSecret(folder);
  for (const mode of [0o644, 0o640, 0o604, 0o620]) {
    chmodSync(secretPath(folder), mode);
    expect(() => obtainSecret(folder)).toThrow(/chmod 600/);
  }
});

test('an empty or cut file is refused, not used', () => {
  writeFileSync(secretPath(folder), 'short\n', { mode: 0o600 });
  expect(() => obtainSecret(folder)).toThrow(/Delete it/);
});

test('a folder that cannot be made is said in words', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => obtainSecret(join(folder, 'file'))).toThrow(SecretError);
});

test('no secret is made where one is configured, another key is, or tokens are not looked at', () => {
  const given = 'a secret that is long enough for HS256!';
  expect(tokenSecret(completeOptions({ data: folder, jwtSecret: given }))).toBe(given);
  expect(tokenSecret(completeOptions({ data: folder, jwksUrl: 'https://issuer.example/keys' }))).toBeNull();
  expect(tokenSecret(completeOptions({ data: folder, auth: 'open' }))).toBeNull();
  expect(existsSync(secretPath(folder))).toBe(false);
  expect(tokenSecret(completeOptions({ data: folder }))).toBe(readSecret(folder));
});
