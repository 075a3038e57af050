import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startServer } from '@porchlight/testkit/real-server';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { apiClient } from './api/api-client.ts';
import { SocketClient } from './conformance/socket-client.ts';
import { defineDialect, hear, route, z } from './dialects/dialect.ts';
import { loadDialects } from './load-dialects.ts';
import { completeOptions, type OptionsError } from './options.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../../docs/lobby-dialect.ts');

// Inside the repository, so that modules there find the package as an installed one would.
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(import.meta.dirname, '../.dialects-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let modules = 0;
function moduleOf(text: string): string {
  const file = join(folder, `module-${modules++}.mjs`);
  writeFileSync(file, text);
  return file;
}

/** What is said when the server is to start with this module. */
async function problemsOf(dialectConfig: string, given: object = {}): Promise<string> {
  const options = completeOptions({ dialectConfig, ...given });
  const error = await loadDialects(options).then(
    () => undefined,
    (reason: OptionsError) => reason,
  );
  expect(error?.code).toBe('INVALID_OPTIONS');
  return error?.message ?? '';
}

const says = `says: { change: () => undefined, refused: () => ({}) }`;
const defining = `import { defineDialect, hear, route, z } from '@porchlight/server';\n`;

describe('an app’s own dialect', () => {
  test('the example of the documentation is spoken, beside the others and about the same people', async () => {
    const server = await startServer({ dialectConfig: EXAMPLE });
    onTestFinished(() => server.close());
    const client = (namespace: string, user: string) => {
      const socket = new SocketClient(server.url + namespace, server, { auth: { token: server.token(user) } });
      onTestFinished(() => socket.leave());
      return socket;
    };
    const ann = client('/lobby', 'ann');
    await ann.next('#connect');
    expect(await ann.ask('enter', { table: 'chess' })).toEqual({ welcome: true });
    const bob = client('/lobby', 'bob');
    expect(await ann.next('player', { id: 'bob' })).toEqual({ id: 'bob', state: 'playing', lastSeen: expect.any(String) });

    // Somebody of another dialect comes, and is told in the lobby's words.
    const gina = client('/ws/messages', 'gina');
    expect(await ann.next('player', { id: 'gina' })).toMatchObject({ state: 'playing' });
    expect(await gina.ask('check-user-status', { userId: 'ann' })).toMatchObject({ data: { online: true } });

    server.clock.advance(400_000);
    expect(await ann.next('player', { id: 'bob', state: 'idle' })).toBeDefined();
    bob.emit('idle', { seconds: 2 });
    expect(await ann.next('player', { id: 'bob', state: 'playing' })).toBeDefined();
    bob.emit('exit');
    expect(await ann.next('player', { id: 'bob', state: 'gone' })).toBeDefined();
    ann.emit('who');
    expect(await ann.next('lobby')).toMatchObject({ count: 2, players: [{ id: 'ann' }, { id: 'gina' }] });
    expect(await ann.ask('enter', { id: 'bob' })).toMatchObject({ problem: 'FORBIDDEN' });
    expect(await ann.ask('idle', { seconds: 'long' })).toMatchObject({ problem: 'INVALID_PAYLOAD' });
  });

  test('its routes answer and are in the document', async () => {
    const server = await startServer({ dialectConfig: EXAMPLE });
    onTestFinished(() => server.close());
    const call = apiClient(server);
    expect((await call('GET', '/api/lobby/ann', { as: 'bob' })).body).toEqual({ id: 'ann', state: 'gone', lastSeen: null });
    expect(await call('GET', '/api/lobby/ann')).toMatchObject({ status: 401, body: { problem: 'UNAUTHENTICATED' } });
    expect((await call('GET', '/openapi.json')).body).toMatchObject({
      paths: { '/api/lobby/{player}': { get: { tags: ['Dialect lobby'] } } },
    });
  });

  test('may be one of a list, and the default of a namespace', async () => {
    const file = moduleOf(`${defining}export default ['one', 'two'].map((name) => defineDialect({ name, ${says} }));`);
    const dialects = await loadDialects(completeOptions({ dialectConfig: file, dialects: ['user-status', 'one'], defaultDialect: 'two' }));
    expect(dialects.map(({ name }) => name)).toEqual(['user-status', 'one', 'two']);
  });
});

describe('what is wrong is said before the server starts', () => {
  const dialect = (fields: string) => `${defining}export default defineDialect({ name: 'own', ${says}, ${fields} });`;

  test.each<[string, () => string, RegExp]>([
    ['a file that is not there', () => join(folder, 'absent.ts'), /absent\.ts\) is not there; it was looked for at/],
    ['a module that throws', () => moduleOf(`throw new Error('no luck');`), /cannot be loaded: no luck/],
    ['a module that is none', () => moduleOf('export default {'), /cannot be loaded: /],
    ['a package that is not installed', () => moduleOf(`import 'not-installed-anywhere';`), /cannot be loaded: Cannot find package/],
    ['no default export', () => moduleOf('export const dialect = 1;'), /has no default export/],
    ['an empty list', () => moduleOf('export default [];'), /exports an empty list/],
    ['a number', () => moduleOf('export default 7;'), /not a dialect: number/],
    ['an object without a name', () => moduleOf('export default {};'), /not a dialect: it has no name/],
    ['a name with capitals', () => moduleOf(`export default { name: 'Own', ${says} };`), /lower-case letters/],
    ['no words', () => moduleOf(`export default { name: 'own' };`), /says\.change/],
    ['an event that is not described', () => moduleOf(`export default { name: 'own', ${says}, hears: { hi: () => 1 } };`), /hear\(/],
    [
      'a name that means something else',
      () => moduleOf(`${defining}export default defineDialect({ name: 'native', ${says} });`),
      /cannot be named "native"/,
    ],
    [
      'a name that is taken',
      () => moduleOf(`${defining}export default defineDialect({ name: 'user-status', ${says} });`),
      /both have the name user-status/,
    ],
    [
      'an event that is taken',
      () => moduleOf(dialect(`hears: { userOnline: hear(z.unknown(), () => undefined) }`)),
      /user-status and own both have the event userOnline on \/: give one another namespace/,
    ],
    ['routes that are no list', () => moduleOf(dialect('routes: {}')), /are not a list/],
    [
      'a route that is taken',
      () =>
        moduleOf(
          dialect(`routes: [route({ method: 'get', path: '/api/user-status/:id', reads: z.unknown(), does() {}, answers: z.unknown() })]`),
        ),
      /both have the route GET \/api\/user-status\/:…/,
    ],
    [
      'a route of the server',
      () => moduleOf(dialect(`routes: [route({ method: 'get', path: '/v1/own', reads: z.unknown(), does() {}, answers: z.unknown() })]`)),
      /\/v1\/own of dialect own is the server’s own/,
    ],
    [
      'a method that is none',
      () => moduleOf(dialect(`routes: [{ method: 'put', path: '/own', reads: z.unknown(), does() {}, answers: z.unknown() }]`)),
      /"get" or "post"/,
    ],
    [
      'a path that is none',
      () => moduleOf(dialect(`routes: [{ method: 'get', path: 'own', reads: z.unknown(), does() {}, answers: z.unknown() }]`)),
      /path such as/,
    ],
    [
      'a route without an answer',
      () => moduleOf(dialect(`routes: [{ method: 'get', path: '/own', reads: z.unknown(), does() {} }]`)),
      /needs reads, does and answers/,
    ],
  ])('%s', async (_what, file, words) => {
    expect(await problemsOf(file())).toMatch(words);
  });

  test('an event may be the same where the other dialect is not spoken, or on another namespace', async () => {
    const own = (namespace: string) =>
      moduleOf(dialect(`namespace: '${namespace}', hears: { userOnline: hear(z.unknown(), () => undefined) }`));
    expect(await loadDialects(completeOptions({ dialectConfig: own('/'), dialects: ['online-users'] }))).toHaveLength(2);
    expect(await loadDialects(completeOptions({ dialectConfig: own('/own') }))).toHaveLength(6);
  });

  test('names that nobody brings', async () => {
    expect(await problemsOf(EXAMPLE, { dialects: ['lobby', 'looby'] })).toMatch(/--dialect must be one of .*lobby, not "looby"/);
    expect(await problemsOf(EXAMPLE, { defaultDialect: 'foyer' })).toMatch(/--default-dialect \(foyer\) must be one of/);
  });

  test('an embedding program’s own dialects are held to the same', async () => {
    const taken = defineDialect({
      name: 'embedded',
      hears: { user_activity: hear(z.unknown(), () => undefined) },
      routes: [
        route({
          method: 'get',
          path: '/api/online-users-count',
          authenticated: false,
          summary: '',
          reads: z.unknown(),
          does: () => ({}),
          answers: z.unknown(),
        }),
      ],
      says: { change: () => undefined, refused: () => ({}) },
    });
    await expect(loadDialects(completeOptions(), [taken])).rejects.toThrow(
      /both have the event user_activity on \/.*\n.*both have the route GET/,
    );
  });
});
