// Builds every package and looks at what would be published as its users would: `node scripts/check-packages.mjs [name …]`. publint reads the
// manifest, attw resolves the types as TypeScript does (for ESM only: there is no CommonJS), every path of `exports` and `bin` has to be there, and every
// export is imported, with the others as they are published beside it.
// Ends with a count.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const asked = process.argv.slice(2);
const run = (...command) => spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });

const built = run(join(root, 'scripts', 'build.mjs'), ...asked);
if (built.status !== 0) {
  process.stdout.write(`${built.stdout}${built.stderr}\nThe build failed, so there is nothing to check.\n0 passed, 1 failed\n`);
  process.exit(1);
}

const names = asked.length > 0 ? asked : readdirSync(join(root, 'packages')).filter((name) => existsSync(distOf(name)));
// Below the root, so that what they depend on is found; copied, so that none finds the others' sources.
mkdirSync(join(root, '.tmp'), { recursive: true });
const app = mkdtempSync(join(root, '.tmp', 'packages-'));
for (const name of readdirSync(join(root, 'packages')).filter((each) => existsSync(distOf(each))))
  cpSync(distOf(name), join(app, 'node_modules', '@porchlight', name), { recursive: true });

let failed = 0;
for (const name of names) {
  const manifest = JSON.parse(readFileSync(join(distOf(name), 'package.json'), 'utf8'));
  const problems = [...missingFiles(name, manifest), ...(await lint(name, manifest)), ...typeProblems(name), ...importProblems(manifest)];
  if (problems.length > 0) failed++;
  process.stdout.write(
    `${problems.length > 0 ? 'FAILED' : 'ok    '}  ${manifest.name}\n${problems.map((each) => `        ${each}\n`).join('')}`,
  );
}
rmSync(app, { recursive: true });
process.stdout.write(`${names.length - failed} passed, ${failed} failed\n`);
// A build that was forgotten is a failure too.
process.exit(failed === 0 && names.length > 0 ? 0 : 1);

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

/** Exports that Node cannot load. */
function importProblems({ name, exports }) {
  const entries = Object.keys(exports).filter((path) => path !== './package.json');
  const code = entries.map((path) => `await import(${JSON.stringify(name + path.slice(1))});`).join('');
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', `${code} process.exit(0)`], {
    cwd: app,
    encoding: 'utf8',
  });
  return status === 0 ? [] : [`import: ${stderr.trim().replaceAll('\n', '\n        ')}`];
}
