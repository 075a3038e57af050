// Bundles what apps load, minified, and compares its gzipped size with the limit: `node scripts/check-sizes.mjs`.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const KIB = 1_024;

/**
 * What is measured. The first file of a bundle is what a page loads first; what tabs share a connection with is loaded after it, where there
 * are tabs, and counted as `later`. `bytesMax` limits the first, `allBytesMax` both.
 */
export const BUNDLES = [
  { name: 'the core: createPresence', code: "export { createPresence } from '@porchlight/client';", bytesMax: 6 * KIB },
  { name: 'everything of @porchlight/client', code: "export * from '@porchlight/client';" },
  {
    name: '@porchlight/react alone, on the client that is there',
    code: "export * from '@porchlight/react';",
    external: [/^react/, '@porchlight/client'],
    bytesMax: 4 * KIB,
  },
  { name: 'everything of @porchlight/react and what it needs', code: "export * from '@porchlight/react';", external: [/^react/] },
  { name: '@porchlight/element, all in', code: "export * from '@porchlight/element';", allBytesMax: 9 * KIB },
];

/** The gzipped bytes of a module, minified, with everything that it imports but `external`: of its first file, and of all in one file. */
export async function gzippedBytes(code, external = []) {
  const [first, all] = await Promise.all([bundle(code, external, true), bundle(code, external, false)]);
  return { first: gzipped(first[0].code), all: gzipped(all.map((chunk) => chunk.code).join('\n')) };
}

const gzipped = (text) => gzipSync(text, { level: 9 }).length;

async function bundle(code, external, codeSplitting) {
  const entry = '\0entry.js';
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (_id, importer) => (importer === undefined ? entry : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      lib: { entry: 'entry', formats: ['es'] },
      rolldownOptions: { external, output: { minify: true, codeSplitting } },
    },
  });
  return [built].flat()[0].output;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, code, external, bytesMax = Infinity, allBytesMax = Infinity } of BUNDLES) {
    const { first, all } = await gzippedBytes(code, external);
    const over = first > bytesMax || all > allBytesMax;
    if (over) process.exitCode = 1;
    const limit = (bytes, max) => (max === Infinity ? `${bytes}` : `${bytes} of ${max}`);
    process.stdout.write(
      `${over ? 'TOO LARGE' : 'ok       '}  ${limit(first, bytesMax)} bytes gzipped, all in ${limit(all, allBytesMax)}: ${name}\n`,
    );
  }
}
