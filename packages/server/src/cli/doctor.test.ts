import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { databasePath, secretPath } from '../data-folder.ts';
import { createSqliteStore } from '../stores/sqlite.ts';
import { doctor as command } from './doctor.ts';
import { call, porchlight } from './run-program.ts';

let folder = '';
let endings: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'porchlight-doctor-'));
});
afterEach(() => {
  for (const end of endings) end();
  endings = [];
  rmSync(folder, { recursive: true });
});

const doctor = (...flags: string[]) => call(command, ['--data', folder, '--port', '0', ...flags]);

async function httpServer(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  endings.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a fresh folder is fine, and stays untouched', async () => {
  const { code, stdout, stderr } = await porchlight(['doctor', '--data', folder, '--port', '0']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/Token secret: none yet.*\n.*Database: none yet.*\n(?:.*\n)*Nothing stands in the way/);
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that a server uses right now is fine too', async () => {
  const store = createSqliteStore({ file: databasePath(folder) });
  await store.open('node-1', Date.UTC(2026, 0, 1));
  try {
    const { code, stdout } = await doctor();
    expect(stdout).toMatch(/ok {4}Database .*, sound/);
    expect(code).toBe(0);
  } finally {
    await store.close('node-1', Date.UTC(2026, 0, 1));
  }
});

test('dialects are loaded as the server would, and what it refuses is named', async () => {
  const own = join(folder, 'own.mjs');
  expect((await doctor('--dialect', 'klingon')).stdout).toMatch(/FAIL {2}--dialect must be one of .*, not "klingon"/);
  expect((await doctor('--dialect-config', own)).stdout).toMatch(/FAIL {2}--dialect-config \(.*own\.mjs\) is not there/);
  writeFileSync(own, 'export const lobby = 7;');
  const { code, stdout } = await doctor('--dialect-config', own);
  expect(stdout).toMatch(/FAIL {2}--dialect-config .* has no default export/);
  expect(code).toBe(1);
  expect((await doctor('--dialect-config', 'docs/lobby-dialect.ts')).stdout).toMatch(/ok {4}Dialects: .*online-users, lobby/);
});

test('wrong options are all named', async () => {
  const { code, stdout } = await doctor('--grace-ms', '15s', '--auth', 'both');
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAIL {2}--grace-ms must be/);
  expect(stdout).toMatch(/FAIL {2}--auth must be one of jwt, open/);
  expect(stdout).toMatch(/2 things stand in the way/);
});

test('what is dangerous is pointed at', async () => {
  const { code, stdout } = await call(command, ['--data', folder, '--port', '0', '--auth', 'open'], { PORCHLIGHT_PROT: '1' });
  expect(code).toBe(0);
  expect(stdout).toMatch(/look {2}ANYONE CAN BE ANYONE/);
  expect(stdout).toMatch(/look {2}PORCHLIGHT_PROT is set, but there is no such option/);
});

test('a secret that others can read, a damaged database and a clock set back are found', async () => {
  writeFileSync(secretPath(folder), 'x'.repeat(64));
  chmodSync(secretPath(folder), 0o644);
  writeFileSync(databasePath(folder), 'not a database, but long enough to be taken for one'.repeat(50));
  const { code, stdout } = await doctor();
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAIL {2}Others may read .*chmod 600/);
  expect(stdout).toMatch(/FAIL {2}The database .* not an SQLite database/);
  expect(statSync(secretPath(folder)).mode & 0o777).toBe(0o644);
});

test('a clock that was set back is found', async () => {
  const store = createSqliteStore({ file: databasePath(folder) });
  const future = Date.UTC(2400, 0, 1);
  await store.open('node-1', future);
  await store.close('node-1', future);
  const { code, stdout } = await doctor();
  expect(stdout).toMatch(/FAIL {2}The clock is \d+ s behind/);
  expect(code).toBe(1);
});

test('a data folder that is a file, or cannot be written, is found', async () => {
  writeFileSync(join(folder, 'file'), '');
  expect((await call(command, ['--port', '0', '--data', join(folder, 'file')])).stdout).toMatch(/FAIL .* is a file; --data needs a folder/);
  mkdirSync(join(folder, 'wide'), { mode: 0o700 });
  chmodSync(join(folder, 'wide'), 0o777);
  expect((await call(command, ['--port', '0', '--data', join(folder, 'wide')])).stdout).toMatch(/look {2}Others may write in/);
});

test('a port in use is found, and whether a healthy server has it', async () => {
  const healthy = await httpServer((request, response) => response.writeHead(request.url === '/healthz' ? 200 : 404).end());
  const other = await httpServer((_, response) => response.writeHead(404).end());
  const first = await doctor('--port', String(healthy));
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/look {2}A server that answers \/healthz is already running/) });
  const second = await doctor('--port', String(other));
  expect(second).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/FAIL {2}Port \d+ on 127\.0\.0\.1 is in use\. Stop the other program/),
  });
});

test('keys: those that can be had are counted, others are found', async () => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const good = await httpServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
  const empty = await httpServer((_, response) => response.end('{"keys":[]}'));
  const moved = await httpServer((_, response) => response.writeHead(302, { location: `http://127.0.0.1:${good}/` }).end());
  const keys = async (port: number) => (await doctor('--jwks-url', `http://127.0.0.1:${port}/keys`)).stdout;
  expect(await keys(good)).toMatch(/ok {4}Key set .*: 1 key \(ES256\)/);
  expect(await keys(empty)).toMatch(/FAIL .*no key that can be used/);
  expect(await keys(moved)).toMatch(/FAIL {2}The keys at .* cannot be fetched/);
  expect(await keys(1)).toMatch(/FAIL {2}The keys at .* cannot be fetched/);
  expect((await doctor('--jwt-public-key', join(folder, 'none.pem'))).stdout).toMatch(/FAIL {2}The file .*none\.pem .* cannot be used/);
});
