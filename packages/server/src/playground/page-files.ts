import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CONTENT_TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

export interface PageFile {
  readonly body: string;
  readonly contentType: string;
}

/** The files of the page by their path below it, such as `dialects/native.js`. All are read now, so that no request ever names a file. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const folder = fileURLToPath(new URL('./page', import.meta.url));
  const files = new Map<string, PageFile>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const contentType = CONTENT_TYPES.get(extname(path));
    if (contentType !== undefined) files.set(path.replaceAll('\\', '/'), { body: readFileSync(join(folder, path), 'utf8'), contentType });
  }
  return files;
}
