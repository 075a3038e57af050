// @vitest-environment jsdom
import { createPresence } from '@porchlight/client';
import { cleanup, render } from '@testing-library/react';
import type { ComponentType } from 'react';
import { expect, test, vi } from 'vitest';
import { codeBlocks, NodeSocket, runBlock } from '../../client/src/testing/quick-start.ts';
import { stageServer } from '../../server/src/transports/staged-client.ts';

const PATIENCE = { timeout: 5_000, interval: 5 };

test('[S23.2] the quick start of the README, as it stands, shows Alice as she comes and goes', async () => {
  const staged = await stageServer();
  vi.stubGlobal('WebSocket', NodeSocket);
  // The app's own back end, which signs people in.
  vi.stubGlobal('fetch', async (url: string) => new Response(url === '/presence-token' ? staged.token('reader') : undefined));
  const [code = ''] = codeBlocks(new URL('../README.md', `file://${import.meta.filename}`), 'tsx');
  const { module, remove } = await runBlock(code, 'tsx', { 'https://presence.example.com': staged.url });
  const App = module.App as ComponentType;
  const { container } = render(<App />);
  const dot = () => container.querySelector('[data-status]')?.getAttribute('data-status');
  await expect.poll(() => container.textContent, PATIENCE).toBe('offline');

  const alice = createPresence({ url: staged.url, token: staged.token('alice'), share: false });
  await expect.poll(() => staged.see('alice').status, PATIENCE).toBe('online');
  staged.clock.advance(100);
  await expect.poll(() => [container.textContent, dot()], PATIENCE).toEqual(['online', 'online']);

  alice.signOut();
  await expect.poll(() => staged.see('alice').status, PATIENCE).toBe('offline');
  staged.clock.advance(100);
  await expect.poll(() => [container.textContent, dot()], PATIENCE).toEqual(['just now', 'offline']);
  expect(staged.see('reader').status).toBe('online');

  cleanup();
  remove();
  vi.unstubAllGlobals();
  await staged.close();
});
