// Builds every package for publishing into its own dist/, with a package.json that names what is there. In the repository packages run from
// source, without a build; npm cannot publish another `exports` than the one in package.json, so dist/ is what is published.
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const PACKAGES = ['protocol', 'engine', 'server', 'testkit', 'client', 'react', 'element'];
const asked = process.argv.slice(2);

for (const name of asked.length > 0 ? asked : PACKAGES) {
  const folder = join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const dist = join(folder, 'dist');
  rmSync(dist, { recursive: true, force: true });
  await build({
    cwd: folder,
    entry: ['src/**/*.{ts,tsx}', '!src/**/*.test.{ts,tsx}', '!src/testing/**', '!src/{conformance,hostile}/**'],
    outDir: 'dist',
    format: 'esm',
    platform: name === 'server' || name === 'testkit' ? 'node' : 'neutral',
    tsconfig: join(folder, 'tsconfig.json'),
    // File by file, so that workers and pages find each other where they are in the source.
    unbundle: true,
    dts: true,
    clean: false,
    outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
    logLevel: 'warn',
    config: false,
  });
  const assets = join(folder, 'src', 'playground');
  if (existsSync(assets))
    cpSync(assets, join(dist, 'playground'), { recursive: true, filter: (path) => !/\.test\.tsx?$|\.ts$/.test(path) });
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);
  for (const file of ['README.md', 'LICENSE'])
    copyFileSync(existsSync(join(folder, file)) ? join(folder, file) : join(root, file), join(dist, file));
  console.log(`built ${manifest.name}`);
}

function published({ devDependencies: _dev, scripts: _scripts, private: _private, exports: sources, ...manifest }) {
  const built = (source) => source.replace('./src/', './').replace(/\.tsx?$/, '.js');
  const exports = Object.fromEntries(
    Object.entries(sources).map(([path, source]) => [path, { types: built(source).replace(/\.js$/, '.d.ts'), default: built(source) }]),
  );
  const bin = manifest.bin && Object.fromEntries(Object.entries(manifest.bin).map(([name, source]) => [name, built(source)]));
  return {
    ...manifest,
    ...(bin && { bin }),
    exports: { ...exports, './package.json': './package.json' },
    engines: { node: '>=22.18' },
    publishConfig: { access: 'public' },
  };
}
