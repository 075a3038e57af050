// @vitest-environment jsdom
import { createPresence } from '@porchlight/client';
import { expect, test, vi } from 'vitest';
import { codeBlocks, NodeSocket, runBlock } from '../../client/src/testing/quick-start.ts';
import { stageServer } from '../../server/src/transports/staged-client.ts';

const PATIENCE = { timeout: 5_000, interval: 5 };

test('[S23.2] the quick start of the README, as it stands, brings its elements to life', async () => {
  const staged = await stageServer();
  vi.stubGlobal('WebSocket', NodeSocket);
  // The app's own back end, which signs people in.
  vi.stubGlobal('fetch', async (url: string) => new Response(url === '/presence-token' ? staged.token('reader') : undefined));
  const readme = new URL('../README.md', `file://${import.meta.filename}`);
  document.body.innerHTML = codeBlocks(readme, 'html')[0] ?? '';
  const { remove } = await runBlock(codeBlocks(readme, 'ts')[0] ?? '', 'ts', { 'https://presence.example.com': staged.url });
  const text = () => document.querySelector('porchlight-status')?.shadowRoot?.querySelector('[part=text]')?.textContent;
  const dot = () => document.querySelector('porchlight-dot')?.shadowRoot?.querySelector('[part=dot]')?.getAttribute('aria-label');
  await expect.poll(() => [text(), dot()], PATIENCE).toEqual(['offline', 'offline']);

  const people = ['alice', 'bob'].map((id) => createPresence({ url: staged.url, token: staged.token(id), share: false }));
  await expect.poll(() => [staged.see('alice').status, staged.see('bob').status], PATIENCE).toEqual(['online', 'online']);
  staged.clock.advance(100);
  await expect.poll(() => [text(), dot()], PATIENCE).toEqual(['online', 'online']);

  for (const person of people) person.signOut();
  await expect.poll(() => [staged.see('alice').status, staged.see('bob').status], PATIENCE).toEqual(['offline', 'offline']);
  staged.clock.advance(100);
  await expect.poll(() => [text(), dot()], PATIENCE).toEqual(['just now', 'just now']);

  remove();
  vi.unstubAllGlobals();
  await staged.close();
});
