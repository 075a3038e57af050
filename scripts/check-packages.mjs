// Builds every package and looks at what would be published as its users would: `node scripts/check-packages.mjs [name …]`. publint reads the
// manifest, attw resolves the types as TypeScript does (for ESM only: there is no CommonJS), and every path of `exports` and `bin` has to be there.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const asked = process.argv.slice(2);
const run = (...command) => spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });

const built = run(join(root, 'scripts', 'build.mjs'), ...asked);
if (built.status !== 0) {
  process.stdout.write(`${built.stdout}${built.stderr}\nThe build failed, so there is nothing to check.\n`);
  process.exit(1);
}

const names = asked.length > 0 ? asked : readdirSync(join(root, 'packages')).filter((name) => existsSync(distOf(name)));
for (const name of names) {
  const manifest = JSON.parse(readFileSync(join(distOf(name), 'package.json'), 'utf8'));
  const problems = [...missingFiles(name, manifest), ...(await lint(name, manifest)), ...typeProblems(name)];
  if (problems.length > 0) process.exitCode = 1;
  process.stdout.write(
    `${problems.length > 0 ? 'FAILED' : 'ok    '}  ${manifest.name}\n${problems.map((each) => `        ${each}\n`).join('')}`,
  );
}

function distOf(name) {
  return join(root, 'packages', name, 'dist');
}

/** Paths that the manifest names and the folder lacks. */
function missingFiles(name, { exports, bin = {} }) {
  const paths = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(paths));
  return [...paths(exports), ...paths(bin)].filter((path) => !existsSync(join(distOf(name), path))).map((path) => `${path} is not there`);
}

async function lint(name, manifest) {
  const { messages } = await publint({ pkgDir: distOf(name), strict: true, level: 'warning', pack: false });
  return messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`);
}

function typeProblems(name) {
  const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  const { status, stdout, stderr } = run(
    attw,
    '--pack',
    distOf(name),
    '--profile',
    'esm-only',
    '--format',
    'ascii',
    '--no-emoji',
    '--no-color',
  );
  return status === 0 ? [] : [`attw: ${`${stdout}${stderr}`.trim().replaceAll('\n', '\n        ')}`];
}
