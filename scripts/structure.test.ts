import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/*
 * The house holds itself to its plan: who may import whom, which files may read a clock, how long a file may get. A row that is missing
 * here is a decision to be made, not a test to be bent.
 */

const root = resolve(import.meta.dirname, '..');

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

const isSource = (path: string) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path);
const sources = filesUnder(join(root, 'packages'))
  .filter((path) => /\/src\//.test(path) && isSource(path))
  .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));

const imports = (text: string) => [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);

/** What each package may import of the others. */
const PACKAGES: Record<string, readonly string[]> = {
  protocol: [],
  engine: ['protocol'],
  server: ['protocol', 'engine'],
  client: ['protocol'],
  react: ['client', 'protocol'],
  element: ['client', 'protocol'],
  testkit: ['protocol', 'engine', 'server'],
};

/** Folders of the server that see only their own kind, the errors and what is listed. */
const SERVER_FOLDERS: Record<string, readonly RegExp[]> = {
  dialects: [/^\.\//, /^@porchlight\/(protocol|engine)$/, /^zod$/],
  stores: [/^\.\.?\//, /^@porchlight\/protocol$/, /^node:/],
  cluster: [/^\.\//, /^@porchlight\/(protocol|engine)$/, /^node:(crypto|zlib)$/, /^\.\.\/(clock|user-name)\.ts$/],
};

/** Names by which raw, unredacted state could be reached; everything that leaves must come from visibility. */
const RAW_STATE = /\bfacts\.(status|sinceAt|platforms|text|restingSeenAt|restingActiveAt)\b|\buser\.(seenAt|activeAt)\b/;
const MAY_READ_RAW_STATE =
  /^packages\/(engine|testkit)\/|^packages\/server\/src\/(records|neighbours|presence-service)\.ts$|^packages\/server\/src\/stores\//;

const CLOCK = /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(|\bperformance\.now\(/;
const MAY_READ_CLOCK = /\/clock\.ts$|\/cli(\/|\.ts$)|\/playground\/|^packages\/testkit\/src\/(real-server|chromium)/;

const LINES_MAX = 300;

describe('structure', () => {
  test('packages import only what stands below them', () => {
    const wrong = sources.flatMap(({ path, text }) => {
      const name = path.split('/')[1] as string;
      const allowed = PACKAGES[name];
      if (allowed === undefined) return [`${path}: package ${name} has no row`];
      const others = imports(text).flatMap((each) => each.match(/^@porchlight\/([a-z]+)/)?.[1] ?? []);
      return others.filter((other) => other !== name && !allowed.includes(other)).map((other) => `${path} imports ${other}`);
    });
    expect(wrong).toEqual([]);
  });

  test('relative imports stay within their package', () => {
    const wrong = sources.flatMap(({ path, text }) =>
      imports(text)
        .filter((each) => each.startsWith('.'))
        .map((each) => relative(root, resolve(root, dirname(path), each)))
        .filter((target) => !target.startsWith(path.split('/').slice(0, 3).join('/')))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('dialects, stores and clusters see only their own interface', () => {
    const wrong = sources.flatMap(({ path, text }) => {
      const folder = path.match(/^packages\/server\/src\/([a-z]+)\//)?.[1];
      const allowed = folder === undefined ? undefined : SERVER_FOLDERS[folder];
      if (allowed === undefined) return [];
      return imports(text)
        .filter((each) => !allowed.some((pattern) => pattern.test(each)))
        .map((each) => `${path} imports ${each}`);
    });
    expect(wrong).toEqual([]);
  });

  test('[I6] only the gate reads raw state', () => {
    const wrong = sources.filter(
      ({ path, text }) => !MAY_READ_RAW_STATE.test(path) && path.startsWith('packages/server') && RAW_STATE.test(text),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('[I9] only a clock reads the clock', () => {
    const wrong = sources.flatMap(({ path, text }) =>
      MAY_READ_CLOCK.test(path)
        ? []
        : text.split('\n').flatMap((line, index) => (CLOCK.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line) ? [`${path}:${index + 1}`] : [])),
    );
    expect(wrong).toEqual([]);
  });

  test(`no source file is longer than ${LINES_MAX} lines`, () => {
    const long = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 })).filter(({ lines }) => lines > LINES_MAX);
    expect(long).toEqual([]);
  });

  test('tests do not sleep', () => {
    const tests = filesUnder(join(root, 'packages')).filter((path) => /\.test\.tsx?$/.test(path));
    const sleeping = tests.filter((path) =>
      /await (sleep|delay)\(|new Promise\(\(?\w*\)? ?=> ?setTimeout\(\w+, ?[1-9]/.test(readFileSync(path, 'utf8')),
    );
    expect(sleeping.map((path) => relative(root, path))).toEqual([]);
  });

  test('every link in the documents leads somewhere', () => {
    const documents = ['README.md', 'ARCHITECTURE.md', 'SPEC.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
      .map((name) => join(root, name))
      .concat(filesUnder(join(root, 'docs')).filter((path) => path.endsWith('.md')))
      .concat(filesUnder(join(root, 'packages')).filter((path) => path.endsWith('README.md')));
    const broken = documents.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map((match) => match[1] as string)
        .filter((link) => !exists(join(dirname(path), link)))
        .map((link) => `${relative(root, path)}: ${link}`),
    );
    expect(broken).toEqual([]);
  });
});

function exists(path: string): boolean {
  try {
    return statSync(path) !== undefined;
  } catch {
    return false;
  }
}
