// Type-checks every package by its own settings (the engine and the protocol know no platform), then all tests, scripts and benchmarks.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const packages = ['packages', 'examples'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)));
const projects = packages.filter((folder) => existsSync(join(root, folder, 'tsconfig.json')));
projects.push('tsconfig.tests.json');

const check = (project) =>
  new Promise((resolve) => {
    let output = '';
    const child = spawn(process.execPath, [tsc, '-p', project], { cwd: root });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => {
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${project}${output === '' ? '' : `\n${output}`}`);
      resolve(code === 0);
    });
  });

const queue = [...projects];
const results = [];
const worker = async () => {
  for (let project = queue.shift(); project !== undefined; project = queue.shift()) results.push(await check(project));
};
await Promise.all(Array.from({ length: Math.min(3, availableParallelism()) }, worker));
process.exit(results.every(Boolean) ? 0 : 1);
