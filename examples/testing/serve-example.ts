import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, preview } from 'vite';

/** An example as it would be deployed: built, and served beside a Porchlight server. */
export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Builds an example into a folder of its own and serves it, passing on to `target` what is Porchlight's. */
export async function serveExample(name: string, target: string): Promise<Served> {
  const root = join(import.meta.dirname, '..', name);
  const outDir = mkdtempSync(join(tmpdir(), `porchlight-${name}-`));
  const porchlight = { target, changeOrigin: false, ws: true };
  await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const server = await preview({
    root,
    // Lines that break are what these tests are about.
    logLevel: 'silent',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, proxy: { '/v1': porchlight, '/playground/token': porchlight } },
  });
  return {
    url: `http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}`,
    async close() {
      await server.close();
      rmSync(outDir, { recursive: true });
    },
  };
}
