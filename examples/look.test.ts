import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findChromium, launchChromium } from '@porchlight/testkit/chromium';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LivingServer, startLivingServer } from './testing/living-server.ts';
import { openPersonBrowser } from './testing/person-browser.ts';
import { type Served, serveExample } from './testing/serve-example.ts';

/*
 * How the examples look: to people, to those who cannot see, on a phone, as time goes by. With UPDATE_IMAGES=1 the pictures of the documents
 * are taken anew.
 */

interface Violation {
  id: string;
  nodes: { html: string }[];
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const images = join(import.meta.dirname, '..', 'docs', 'images');
const PATIENCE = { timeout: 10_000, interval: 20 };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** By how much the page's idea of the server's time may be off, on a machine that does other things as well. */
const CLOSE_MS = 1_000;

const WINDOWS: [string, BrowserContextOptions][] = [
  ['a desk by day', { viewport: { width: 1_280, height: 800 }, colorScheme: 'light' }],
  ['a desk by night', { viewport: { width: 1_280, height: 800 }, colorScheme: 'dark' }],
  ['a tablet by night', { viewport: { width: 820, height: 1_100 }, colorScheme: 'dark' }],
  ['a phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'light' }],
];

const chromium = findChromium();

describe.skipIf(chromium === undefined)('the examples in Chromium', () => {
  let browser: Browser;
  let server: LivingServer;
  const served = new Map<string, Served>();

  beforeAll(async () => {
    server = await startLivingServer({});
    browser = await launchChromium();
    for (const name of ['react-chat', 'vanilla']) served.set(name, await serveExample(name, server.url));
  });
  afterAll(async () => {
    await browser?.close();
    for (const each of served.values()) await each.close();
    await server?.close();
  });

  const open = async (name: string, person: string, options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
    return openPersonBrowser(context, served.get(name)?.url ?? '', person);
  };

  async function ask(path: string, person: string, method: string, body?: unknown): Promise<unknown> {
    const id = person.split(' ')[0]?.toLowerCase() ?? '';
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${server.token(id, { name: person })}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async function comeAndGo(person: string) {
    await ask('/v1/me/heartbeat', person, 'POST', {});
    await ask('/v1/me/heartbeat', person, 'DELETE');
  }

  /** Some are here, one is busy, one was here a moment ago. */
  async function populate() {
    for (const person of ['Bob Okafor', 'Carol Lindqvist', 'Frank Novak']) await ask('/v1/me/heartbeat', person, 'POST', {});
    await ask('/v1/me', 'Carol Lindqvist', 'PATCH', { availability: 'busy', text: 'under a bicycle' });
    await comeAndGo('Dave Almeida');
  }

  const seen = (page: Page, user: string) => page.locator(`[data-user="${user}"]`);

  test.each(['react-chat', 'vanilla'])(
    '%s shows who is there, and filters, and has no violation of accessibility in any window',
    async (name) => {
      await populate();
      for (const [window, options] of WINDOWS) {
        const its = await open(name, 'alice', options);
        const page = await its.openTab();
        await expect.poll(() => seen(page, 'bob').textContent(), PATIENCE).toMatch(/Bob/);
        await page.locator('[data-user="carol"] :is([data-status="busy"], [status="busy"])').first().waitFor();
        await page.getByRole('list', { name: 'People online' }).or(page.locator('#online')).getByText(/frank/i).waitFor();
        if (process.env.UPDATE_IMAGES === '1' && window.startsWith('a desk')) await picture(page, name, window);
        await page.getByLabel('Online only').check();
        await seen(page, 'erin').waitFor({ state: 'hidden' });
        expect(await seen(page, 'dave').isVisible()).toBe(false);
        expect(await seen(page, 'frank').isVisible()).toBe(true);
        await page.getByLabel('Online only').uncheck();
        await page.getByRole('button', { name: /Frank/ }).click();
        expect(await violations(page), window).toEqual([]);
        // Not innerWidth: on a phone it grows with what is too wide.
        expect(await page.evaluate('document.documentElement.scrollWidth'), window).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
        await its.close();
      }
    },
    60_000,
  );

  async function picture(page: Page, name: string, window: string) {
    const isNight = window === 'a desk by night';
    if (isNight !== (name === 'vanilla')) return;
    await page.getByRole('button', { name: /Carol/ }).click();
    await page.screenshot({ path: join(images, `${name}.png`) });
  }

  test.each([
    ['right', 0],
    ['an hour slow', -HOUR_MS],
    ['an hour fast', HOUR_MS],
  ])(
    'labels change at the right second without network, on a machine whose clock is %s',
    async (_name, wrongMs) => {
      await comeAndGo('Dave Almeida');
      const { lastSeenAt } = (await ask('/v1/presence/dave', 'Alice Moreau', 'GET')) as { lastSeenAt: number };
      const its = await open('react-chat', 'alice');
      its.onTab((page) => page.clock.install({ time: Date.now() + wrongMs }));
      const page = await its.openTab();
      await page.getByRole('button', { name: /Dave/ }).click();
      const label = page.locator('[data-header-of="dave"]');
      await expect.poll(() => label.textContent(), PATIENCE).toBe('last seen just now');

      its.network.cut();
      const pausedAt = (await page.evaluate<number>('Date.now()')) + 1_000;
      await page.clock.pauseAt(pausedAt);
      let nowAt = pausedAt - wrongMs;
      const goTo = async (at: number) => {
        await page.clock.runFor(at - nowAt);
        nowAt = at;
        return label.textContent();
      };
      expect(await goTo(lastSeenAt + MINUTE_MS - CLOSE_MS)).toBe('last seen just now');
      expect(await goTo(lastSeenAt + MINUTE_MS + CLOSE_MS)).toBe('last seen 1 minute ago');
      expect(await goTo(lastSeenAt + 5 * MINUTE_MS - CLOSE_MS)).toBe('last seen 4 minutes ago');
      expect(await goTo(lastSeenAt + 5 * MINUTE_MS + CLOSE_MS)).toBe('last seen 5 minutes ago');
      await its.close();
    },
    60_000,
  );

  async function violations(page: Page): Promise<string[]> {
    await page.addScriptTag({ content: axe });
    const found = await page.evaluate<Violation[]>('axe.run(document).then(({ violations }) => violations)');
    return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }
});
