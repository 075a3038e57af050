// Bundles what apps load, minified, and compares its gzipped size with the limit: `node scripts/check-sizes.mjs`. Ends with a count.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const KIB = 1_024;
const CORE = "export { createPresence } from '@porchlight/client';";

/**
 * What is measured. `first` is what a page loads to begin with: the entry and everything that it imports statically, ours as well as what it needs
 * of the core. What is loaded on demand (sharing a connection among tabs, lists of who is online) comes in further files, and is counted in
 * `all`, everything in one file. `bytesMax` limits the first, `allBytesMax` all. `beyond` is a bundle whose own bytes do not count: the limit is
 * on the difference of the two.
 */
export const BUNDLES = [
  { name: 'the core: createPresence', code: CORE, bytesMax: 6 * KIB },
  { name: 'everything of @porchlight/client', code: "export * from '@porchlight/client';" },
  {
    name: 'everything of @porchlight/react, labels included, beyond the core',
    code: "export * from '@porchlight/react';",
    external: [/^react/],
    beyond: CORE,
    bytesMax: 4 * KIB,
  },
  { name: 'everything of @porchlight/react and what it needs', code: "export * from '@porchlight/react';", external: [/^react/] },
  { name: '@porchlight/element, all in', code: "export * from '@porchlight/element';", allBytesMax: 9 * KIB },
];

/** The gzipped bytes of a bundle, as `BUNDLES` has them: `first`, and `all`. */
export async function gzippedBytes({ code, external = [], beyond }) {
  const [first, all] = await Promise.all([bundle(code, external, true), bundle(code, external, false)]);
  const base = beyond === undefined ? { first: 0, all: 0 } : await gzippedBytes({ code: beyond, external });
  return { first: gzipped(loadedFirst(first)) - base.first, all: gzipped(all) - base.all };
}

/** The entry, and the files that it cannot begin without. */
function loadedFirst(chunks) {
  const needed = new Set();
  const need = (chunk) => {
    if (chunk === undefined || needed.has(chunk)) return;
    needed.add(chunk);
    for (const name of chunk.imports) need(chunks.find(({ fileName }) => fileName === name));
  };
  need(chunks.find(({ isEntry }) => isEntry));
  return [...needed];
}

/** File by file, as they are sent. Marks for bundlers, which are comments, are no part of what a page loads. */
const gzipped = (chunks) =>
  chunks.reduce((bytes, { code }) => bytes + gzipSync(code.replace(/\/\* ?@__PURE__ ?\*\/ ?/g, ''), { level: 9 }).length, 0);

async function bundle(code, external, codeSplitting) {
  const entry = '\0entry.js';
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    // Also where NODE_ENV is that of tests.
    oxc: { jsx: { runtime: 'automatic', development: false } },
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
      // As in an app, where a file that is loaded on demand may use what the first has.
      rolldownOptions: { external, preserveEntrySignatures: 'allow-extension', output: { minify: true, codeSplitting } },
    },
  });
  return [built].flat()[0].output;
}

/** Measures everything; gives how many bundles are within their limits, and how many are not. */
async function check() {
  let failed = 0;
  for (const each of BUNDLES) {
    const { name, bytesMax = Infinity, allBytesMax = Infinity } = each;
    const { first, all } = await gzippedBytes(each);
    const over = first > bytesMax || all > allBytesMax;
    if (over) failed++;
    const limit = (bytes, max) => (max === Infinity ? `${bytes}` : `${bytes} of ${max}`);
    console.log(`${over ? 'TOO LARGE' : 'ok       '}  ${limit(first, bytesMax)} bytes gzipped, all in ${limit(all, allBytesMax)}: ${name}`);
  }
  console.log(`${BUNDLES.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await check();
