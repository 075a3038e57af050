import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@porchlight/server';
import type { Configuration } from './configuration.ts';

/** Until it is on or has said why not, and until it has stopped: on a busy machine. */
const STARTED_WITHIN_MS = 20_000;
/** Where it would write, listen, or load code from is not for chance to say. */
const KEPT = /^--?(data|host|port|config|dialect-config|p)\b|_(DATA|HOST|PORT|CONFIG|DIALECT_CONFIG)$/;

export interface Start {
  readonly isOn: boolean;
  /** Nothing, if it is on and stops when asked, or ends with 1 and says what to do. */
  readonly trouble: string | undefined;
}

/** Starts the program with a configuration, and stops it if it is on. */
export async function startWith(given: Configuration, program: string, clock: Clock): Promise<Start> {
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-fuzz-configuration-'));
  try {
    const file = join(folder, 'porchlight.json');
    writeFileSync(file, JSON.stringify(withoutKept(given.file)));
    const argv = given.argv.filter((flag) => !KEPT.test(flag));
    const env = Object.fromEntries(Object.entries(given.env).filter(([name]) => !KEPT.test(name)));
    const forced = ['--data', join(folder, 'data'), '--host', '127.0.0.1', '--port', '0', '--config', file];
    return await run([program, 'serve', ...argv, ...forced], { ...env, PATH: process.env.PATH ?? '' }, folder, clock);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function withoutKept(file: unknown): unknown {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return file;
  const { data: _data, host: _host, port: _port, config: _config, dialectConfig: _dialects, ...rest } = file as Record<string, unknown>;
  return rest;
}

async function run(argv: readonly string[], env: Readonly<Record<string, string>>, cwd: string, clock: Clock): Promise<Start> {
  const child = spawn(process.execPath, argv, { env, cwd });
  const killed = () => void child.kill('SIGKILL');
  process.once('exit', killed);
  let output = '';
  let isOn = false;
  const hear = (chunk: Buffer) => {
    output += chunk.toString();
    if (isOn || !output.includes('Porchlight is on at')) return;
    isOn = true;
    child.kill('SIGTERM');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  let isLate = false;
  const cancel = clock.alarm(clock.now() + STARTED_WITHIN_MS, () => {
    isLate = true;
    killed();
  });
  const [code, signal] = await once(child, 'close');
  cancel();
  process.off('exit', killed);
  const said = `${argv.slice(2).join(' ')}: ${output.slice(-1_500)}`;
  // It may have been told to give up at once.
  const isAsked = code === (isOn ? 0 : 1) || (isOn && output.includes('--shutdown-ms'));
  const troubles = [
    isLate && `serve neither stopped nor said why not within ${STARTED_WITHIN_MS} ms`,
    !isAsked && `serve ended with ${code ?? signal}`,
    /\n\s+at .+:\d+:\d+/.test(output) && 'serve told its own inside',
    output.trim() === '' && 'serve said nothing',
  ];
  const trouble = troubles.find((each) => each !== false);
  return { isOn, trouble: trouble === undefined ? undefined : `${trouble}: ${said}` };
}
