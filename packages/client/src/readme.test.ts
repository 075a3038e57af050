import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type StagedServer, stageServer } from '../../server/src/transports/staged-client.ts';
import { createPresence, type Presence } from './index.ts';
import { codeBlocks, compilerErrors, runBlock } from './testing/quick-start.ts';

const readme = new URL('../README.md', import.meta.url);
const blocks = codeBlocks(readme, 'ts');
const PATIENCE = { timeout: 5_000, interval: 5 };

let staged: StagedServer;
let said: unknown[][];

beforeEach(async () => {
  staged = await stageServer();
  said = [];
  vi.spyOn(console, 'log').mockImplementation((...words) => void said.push(words));
  // The app's own back end, which signs people in.
  const real = fetch;
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) =>
    url === '/presence-token' ? new Response(staged.token('reader')) : real(url, init),
  );
});

afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await staged.close();
});

/** Alice, as another person on another machine. */
async function alice(): Promise<Presence> {
  const presence = createPresence({ url: staged.url, token: staged.token('alice') });
  await expect.poll(() => presence.connection.name, PATIENCE).toBe('open');
  staged.clock.advance(100);
  return presence;
}

test('the quick start has at most 12 lines', () => {
  expect(blocks[0]?.trim().split('\n').length).toBeLessThanOrEqual(12);
});

test('the code of the README compiles', () => {
  expect(blocks.flatMap((block) => compilerErrors(readme, block, 'ts'))).toEqual([]);
}, 120_000);

test('[S23.2] the quick start, as it stands, says who Alice is as she comes and goes', async () => {
  const { module, remove } = await runBlock(`${blocks[0]}\nexport { presence };`, 'ts', { 'https://presence.example.com': staged.url });
  await expect.poll(() => said, PATIENCE).toEqual([['offline', 'offline']]);
  const other = await alice();
  await expect.poll(() => said.at(-1), PATIENCE).toEqual(['online', 'online']);
  other.signOut();
  await expect.poll(() => staged.see('alice').status, PATIENCE).toBe('offline');
  staged.clock.advance(100);
  await expect.poll(() => said.at(-1), PATIENCE).toEqual(['offline', 'just now']);
  expect(staged.see('reader').status).toBe('online');
  (module.presence as Presence).close();
  remove();
});

test('[S23.2] the longer example does what its comments say', async () => {
  const bob = createPresence({ url: staged.url, token: staged.token('bob') });
  await expect.poll(() => bob.connection.name, PATIENCE).toBe('open');
  const instead = { "url: '/'": `url: '${staged.url}'`, "'a token'": `'${staged.token('reader')}'` };
  const { remove } = await runBlock(blocks[1] ?? '', 'ts', instead);
  // Bob, then the two who are online, twice.
  expect(said).toEqual([['online', 2, 2, 2]]);
  // It ends with signing out: at once, without any grace.
  await expect.poll(() => staged.see('reader').status, PATIENCE).toBe('offline');
  bob.close();
  remove();
});
