// Installs the dependencies when they are missing or belong to another lock file. Runs on the machine's own Node
// (20 or later), before the pinned one exists, so it uses nothing that is not in Node itself.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.porchlight-setup');
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

const installed = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash();
if (!installed) {
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
