// Bundles what apps load, minified, and compares its gzipped size with the limit: `node scripts/check-sizes.mjs`.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a page has anyway, and what each bundle is measured with. */
export const BUNDLES = [
  { name: '@porchlight/client', code: "export * from '@porchlight/client';", bytesMax: 6_144 },
  { name: '@porchlight/react, with the client', code: "export * from '@porchlight/react';", bytesMax: 10_240, external: [/^react/] },
  { name: '@porchlight/element, with the client', code: "export * from '@porchlight/element';", bytesMax: 9_216 },
];

/** The gzipped bytes of a module, minified, with everything that it imports but `external`. */
export async function gzippedBytes(code, external = []) {
  const entry = '\0entry.js';
  const [output] = [
    await build({
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
        minify: true,
        lib: { entry: 'entry', formats: ['es'] },
        rolldownOptions: { external },
      },
    }),
  ].flat();
  return gzipSync(output.output.map((chunk) => chunk.code).join('\n'), { level: 9 }).length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, code, bytesMax, external } of BUNDLES) {
    const bytes = await gzippedBytes(code, external);
    if (bytes > bytesMax) process.exitCode = 1;
    process.stdout.write(`${bytes > bytesMax ? 'TOO LARGE' : 'ok'}  ${name}: ${bytes} of ${bytesMax} bytes, gzipped\n`);
  }
}
