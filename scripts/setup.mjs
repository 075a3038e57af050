// Installs the dependencies when they are missing or belong to another lock file, then runs the program that is named, on the pinned
// Node: `node scripts/setup.mjs [program [argument ...]]`. Starts on the machine's own Node (20 or later), before the pinned one exists, so
// it uses nothing that is not in Node itself. Not `setup && node program`: a shell that has found one `node` does not look for another.
// Programs with a name of their own, such as `biome`, may follow with `&&`: they look for `node` only then.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.porchlight-setup');
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

const isInstalled = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash();

if (!isInstalled()) {
  // Two commands may be the first at once; two installations in one folder break each other.
  const release = waitForTurn();
  if (!isInstalled()) install();
  release();
}

function install() {
  process.stderr.write('Installing dependencies (only the first time) ...\n');
  // Not `npm ci`: it refuses a lock file that lacks the binaries of other platforms, which some registry mirrors do not carry.
  const npm = process.env.npm_execpath;
  const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  const run = spawnSync(command, [...first, 'install', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: !npm && process.platform === 'win32',
    env: { ...process.env, npm_config_engine_strict: 'false' },
  });
  if (run.status !== 0) {
    process.stderr.write('Installing dependencies failed; the lines above say why.\n');
    process.exit(run.status ?? 1);
  }
  writeFileSync(stampFile, lockHash());
}

/** Waits until no other setup runs in this checkout; returns how to let the next one go. */
function waitForTurn() {
  const lock = join(root, '.setup-lock');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      const stop = () => process.exit(1);
      const remove = () => rmSync(lock, { force: true });
      process.on('exit', remove);
      for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
      return () => {
        remove();
        process.off('exit', remove);
        for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
      };
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!isRunning(Number(readFileSync(lock, 'utf8')))) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    }
  }
}

function isRunning(pid) {
  try {
    return pid === 0 || process.kill(pid, 0);
  } catch {
    return false;
  }
}

const [program, ...rest] = process.argv.slice(2);
if (program !== undefined) await run(join(root, program), rest);

async function run(path, programArguments) {
  const bin = join(root, 'node_modules', 'node', 'bin');
  const pinned = join(bin, process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(pinned)) {
    process.stderr.write('The pinned Node is missing from node_modules: remove that folder and try again.\n');
    process.exit(1);
  }
  if (realpathSync(process.execPath) === realpathSync(pinned)) {
    process.argv = [process.execPath, path, ...programArguments];
    await import(pathToFileURL(path).href);
    return;
  }
  const child = spawn(pinned, [path, ...programArguments], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  // A terminal sends its interrupt to both; other signals reach only this process.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
}
