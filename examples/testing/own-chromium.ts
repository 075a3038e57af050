import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findChromium } from '@porchlight/testkit/chromium';
import type { BrowserContext } from 'playwright-core';

const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];

/** A browser process of one person's own. */
export interface OwnChromium {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/**
 * Starts Chromium and connects to it without Playwright's usual settings: one of those keeps every page in front for ever, and a page in front
 * is never frozen.
 */
export async function startOwnChromium(): Promise<OwnChromium> {
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-chromium-'));
  const child = spawn(findChromium() ?? '', [...FLAGS, `--user-data-dir=${folder}`, '--remote-debugging-port=0', 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  let address: string | undefined;
  for await (const line of createInterface({ input: child.stderr })) {
    address = /listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) break;
  }
  if (address === undefined) throw new Error('Chromium ended before it could be connected to.');
  child.stderr.resume();
  const { chromium } = await import('playwright-core');
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  return {
    context: browser.contexts()[0] as BrowserContext,
    async close() {
      await browser.close();
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
