import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Dialect, defineDialect, type Route } from './dialects/dialect.ts';
import { BUILT_IN_DIALECTS } from './dialects/index.ts';
import { OptionsError, type ServerOptions } from './options.ts';

/** Names that mean something else wherever dialects are named. */
const TAKEN_NAMES = new Set(['native', 'http', 'socket.io', 'unknown']);
/** Paths, and everything below them, that are the server's own. */
const TAKEN_PATHS = ['/v1', '/socket.io', '/admin', '/playground', '/healthz', '/readyz', '/metrics', '/openapi.json'];

/**
 * The dialects to speak: the built-in ones that the options name, those of an embedding program, and those of the module that the option
 * `dialectConfig` names, whose default export is a dialect or a list of them. Rejects with an `OptionsError` that says what is wrong with
 * the module, or which words two dialects both claim.
 */
export async function loadDialects(
  options: Pick<ServerOptions, 'dialects' | 'defaultDialect' | 'dialectConfig'>,
  embedded: readonly Dialect[] = [],
): Promise<readonly Dialect[]> {
  const loaded = options.dialectConfig === null ? [] : await loadModule(options.dialectConfig);
  const builtIn = BUILT_IN_DIALECTS.filter(({ name }) => options.dialects.includes(name));
  const dialects = [...builtIn, ...embedded, ...loaded];
  const problems = [...unknownNames(options, dialects), ...clashes(dialects)];
  if (problems.length > 0) throw new OptionsError(problems);
  return dialects;
}

async function loadModule(path: string): Promise<Dialect[]> {
  const problem = (words: string) => new OptionsError([`--dialect-config (${path}) ${words}`]);
  const file = resolve(path);
  if (!existsSync(file)) throw problem(`is not there; it was looked for at ${file}.`);
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw problem(`cannot be loaded: ${reason}`);
  }
  if (exported === undefined) throw problem('has no default export; it must be a dialect made with defineDialect(...), or a list of them.');
  const list: unknown[] = Array.isArray(exported) ? exported : [exported];
  if (list.length === 0) throw problem('exports an empty list.');
  return list.map((each) => {
    try {
      return checked(each);
    } catch (error) {
      throw problem(`exports what is not a dialect: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

// A module need not be TypeScript, and so need not be what it says.
function checked(exported: unknown): Dialect {
  if (typeof exported !== 'object' || exported === null) throw new Error(`${typeof exported} instead of defineDialect({...}).`);
  if (typeof (exported as { name?: unknown }).name !== 'string') throw new Error('it has no name.');
  const dialect = defineDialect(exported as Dialect);
  if (!Array.isArray(dialect.routes)) throw new Error(`the routes of ${dialect.name} are not a list.`);
  for (const route of dialect.routes) checkRoute(dialect.name, route);
  return dialect;
}

function checkRoute(name: string, { method, path, reads, does, answers }: Partial<Route<never>>): void {
  const route = `route ${String(method)} ${String(path)} of dialect ${name}`;
  if (method !== 'get' && method !== 'post') throw new Error(`${route} must have the method "get" or "post".`);
  if (typeof path !== 'string' || !/^(?:\/:?[A-Za-z0-9._~-]+)+$/.test(path))
    throw new Error(`${route} must have a path such as /api/lobby/:player.`);
  if (TAKEN_PATHS.some((taken) => path === taken || path.startsWith(`${taken}/`))) throw new Error(`${route} is the server’s own.`);
  if (typeof does !== 'function' || typeof reads?.safeParse !== 'function' || typeof answers?.safeParse !== 'function')
    throw new Error(`${route} is not described with route(...): it needs reads, does and answers.`);
}

function unknownNames({ dialects: wanted, defaultDialect }: Parameters<typeof loadDialects>[0], dialects: readonly Dialect[]): string[] {
  const names = new Set([...BUILT_IN_DIALECTS, ...dialects].map(({ name }) => name));
  const known = () => [...names].join(', ');
  const problems = wanted.filter((name) => !names.has(name)).map((name) => `--dialect must be one of ${known()}, not "${name}".`);
  if (defaultDialect !== null && !dialects.some(({ name }) => name === defaultDialect))
    problems.push(
      `--default-dialect (${defaultDialect}) must be one of the dialects that are spoken: ${dialects.map(({ name }) => name).join(', ')}.`,
    );
  return problems;
}

/** Words that would mean two things: whoever says them could not be understood. */
function clashes(dialects: readonly Dialect[]): string[] {
  const claims = new Map<string, string>();
  const problems: string[] = [];
  const claim = (what: string, by: string, remedy: string) => {
    const holder = claims.get(what);
    if (holder === undefined) claims.set(what, by);
    else problems.push(`Dialects ${holder} and ${by} both have ${what}: ${remedy}.`);
  };
  for (const { name, namespace, hears, routes } of dialects) {
    if (TAKEN_NAMES.has(name)) problems.push(`A dialect cannot be named "${name}", which means something else here.`);
    claim(`the name ${name}`, name, 'rename one of them');
    for (const event of Object.keys(hears))
      if (namespace !== null) claim(`the event ${event} on ${namespace}`, name, 'give one another namespace, or leave it out of --dialect');
    // Where one path has a parameter, any name of it matches.
    for (const { method, path } of routes)
      claim(
        `the route ${method.toUpperCase()} ${path.replaceAll(/:[^/]+/g, ':…')}`,
        name,
        'rename one, or leave its dialect out of --dialect',
      );
  }
  return problems;
}
