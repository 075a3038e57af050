import { findChromium, launchChromium } from '@porchlight/testkit/chromium';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LivingServer, startLivingServer } from './testing/living-server.ts';
import { type OwnChromium, startOwnChromium } from './testing/own-chromium.ts';
import { openPersonBrowser, type PersonBrowser } from './testing/person-browser.ts';
import { type Served, serveExample } from './testing/serve-example.ts';
import { shownOf, showsNow } from './testing/watch-screen.ts';

/*
 * Alice lives through everything that happens to browsers, in three tabs. Bob (React) and Carol (elements) look at her all the while, and
 * everything that their pages ever showed is compared afterwards with when she was there.
 */

const GRACE_MS = 6_000;
const CLOSING_GRACE_MS = 3_000;
/** What a change may take from the server to a screen, on a machine that does other things as well. */
const DELIVERY_MS = 1_000;
const HANDOVER_MAX_MS = 1_000;
/** Somebody whose tabs are all in the background, as while another is being opened, is away, but there. */
const THERE = /^(online|away)$/;
const PATIENCE = { timeout: 10_000, interval: 20 };
const TIMES = { pingIntervalMs: 15_000, pingTimeoutMs: 10_000, signOfLifeMs: 90_000 };

const chromium = findChromium();

describe.skipIf(chromium === undefined)('browsers in Chromium', () => {
  let browser: Browser;
  let own: OwnChromium;
  let server: LivingServer;
  let chat: Served;
  let street: Served;
  let alice: PersonBrowser;
  let watchers: { browser: PersonBrowser; page: Page }[];

  beforeAll(async () => {
    server = await startLivingServer({ graceMs: GRACE_MS, closingGraceMs: CLOSING_GRACE_MS, ...TIMES });
    [browser, own, chat, street] = await Promise.all([
      launchChromium(),
      startOwnChromium(),
      serveExample('react-chat', server.url),
      serveExample('vanilla', server.url),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await own?.close();
    await Promise.all([chat?.close(), street?.close()]);
    await server?.close();
  });

  async function watcher(url: string, person: string) {
    const its = await openPersonBrowser(await browser.newContext(), url, person);
    return { browser: its, page: await its.openTab() };
  }

  const allShow = async (what: 'there' | 'offline') => {
    const status = what === 'there' ? expect.stringMatching(THERE) : 'offline';
    for (const { page } of watchers) await expect.poll(() => showsNow(page, 'alice'), PATIENCE).toEqual(status);
  };
  const oneLink = () => expect.poll(() => server.linksOf('alice'), PATIENCE).toBe(1);

  /** Does something to the tab that leads, and waits until another does, that has the one link. */
  async function handOver(act: (leader: Page) => Promise<unknown>) {
    const before = alice.leader();
    server.mostLinksOf('alice');
    await act(before);
    const isAnother = () => server.linksOf('alice') === 1 && alice.leader() !== before;
    await expect.poll(() => attempt(isAnother), PATIENCE).toBe(true);
    expect(server.longestGapMsOf('alice')).toBeLessThan(HANDOVER_MAX_MS);
    return before;
  }

  async function erinIs(status: 'online' | 'offline') {
    const headers = { authorization: `Bearer ${server.token('erin')}`, 'content-type': 'application/json' };
    const asked = status === 'online' ? { method: 'POST', headers, body: '{}' } : { method: 'DELETE', headers };
    expect((await fetch(`${server.url}/v1/me/heartbeat`, asked)).ok).toBe(true);
    for (const { page } of watchers) await expect.poll(() => showsNow(page, 'erin'), PATIENCE).toBe(status);
  }

  /**
   * Tabs that take turns in front are nobody's business: not even "away" is shown. A turn that takes longer than the client waits, as on a machine
   * that does much else, is being away; so a few rounds may be needed for one that is quick enough.
   */
  async function takeTurns() {
    const round = async () => {
      await alice.tabs()[0]?.bringToFront();
      for (const { page } of watchers) await expect.poll(() => showsNow(page, 'alice'), PATIENCE).toBe('online');
      const sinceAt = Date.now();
      for (const tab of [...alice.tabs(), ...alice.tabs()]) await tab.bringToFront();
      // What the server was told of Alice before it was told of Erin is shown by then.
      await erinIs('online');
      await erinIs('offline');
      return (await Promise.all(watchers.map(({ page }) => shownOf(page, 'alice')))).flat().filter(({ at }) => at >= sinceAt);
    };
    await expect.poll(round, { timeout: 30_000, interval: 100 }).toEqual([]);
  }

  test('[S23.1] of three tabs one has the connection, whatever happens to them, and nobody is told', async () => {
    watchers = [await watcher(chat.url, 'bob'), await watcher(street.url, 'carol')];
    alice = await openPersonBrowser(own.context, chat.url, 'alice');
    await alice.openTab();
    await allShow('there');
    const hereAt = Date.now();
    await alice.openTab();
    await alice.openTab();
    await oneLink();

    await (await alice.openTab()).close();
    await handOver((leader) => leader.close());
    await alice.openTab();
    const crashed = await handOver((leader) => alice.crash(leader));
    await crashed.close();
    await alice.openTab();
    await takeTurns();
    const frozen = await handOver((leader) => alice.freeze(leader));
    await alice.thaw(frozen);
    await oneLink();
    for (const tab of alice.tabs()) expect(await showsNow(tab, 'bob')).toMatch(THERE);
    expect(server.mostLinksOf('alice')).toBeLessThanOrEqual(2);

    await nobodySawOffline(hereAt);
  }, 60_000);

  test('offline mode, a line that breaks, and a server that restarts tell nobody anything', async () => {
    const hereAt = Date.now();
    await alice.setOffline(true);
    await expect.poll(() => connectionsShown(alice), PATIENCE).not.toContain('open');
    await alice.setOffline(false);
    await expect.poll(() => connectionsShown(alice), PATIENCE).toEqual(alice.tabs().map(() => 'open'));

    alice.network.cut();
    await expect.poll(() => server.linksOf('alice'), PATIENCE).toBe(0);
    alice.network.heal();
    await oneLink();

    await server.restart();
    for (const one of [alice, ...watchers.map((each) => each.browser)])
      await expect.poll(() => connectionsShown(one), PATIENCE).toEqual(one.tabs().map(() => 'open'));
    await oneLink();
    await nobodySawOffline(hereAt);
  }, 60_000);

  test('a machine that sleeps is offline when the grace is over, not before, and online when it wakes', async () => {
    const asleepAt = Date.now();
    for (const tab of alice.tabs()) await alice.freeze(tab);
    alice.network.cut();
    const cutAt = Date.now();
    await allShow('offline');
    for (const { page } of watchers) {
      const told = (await shownOf(page, 'alice')).filter(({ at }) => at >= asleepAt);
      const offline = told.filter(({ status }) => status === 'offline');
      expect(offline).toHaveLength(1);
      expect(offline[0]?.at).toBeGreaterThanOrEqual(asleepAt + GRACE_MS - 50);
      expect(offline[0]?.at).toBeLessThanOrEqual(cutAt + GRACE_MS + DELIVERY_MS);
    }
    alice.network.heal();
    for (const tab of alice.tabs()) await alice.thaw(tab);
    await allShow('there');
    await oneLink();
  }, 60_000);

  test('whoever closes the last tab is offline after the short grace', async () => {
    const hereAt = Date.now();
    const [last, ...others] = alice.tabs();
    for (const tab of others) await tab.close();
    await oneLink();
    await nobodySawOffline(hereAt);
    const closedAt = Date.now();
    await last?.close({ runBeforeUnload: false });
    await allShow('offline');
    for (const { page } of watchers) {
      const at = (await shownOf(page, 'alice')).at(-1)?.at ?? 0;
      expect(at).toBeGreaterThanOrEqual(closedAt + CLOSING_GRACE_MS - 50);
      expect(at - closedAt).toBeLessThanOrEqual(CLOSING_GRACE_MS + DELIVERY_MS);
    }
    for (const each of watchers) await each.browser.close();
  }, 60_000);

  /** From then on until now, no page of a watcher ever showed Alice offline. */
  async function nobodySawOffline(sinceAt: number) {
    for (const { page } of watchers) {
      const all = await shownOf(page, 'alice');
      const before = all.filter(({ at }) => at < sinceAt).slice(-1);
      const since = all.filter(({ at }) => at >= sinceAt);
      expect([...before, ...since].filter(({ status }) => !THERE.test(status))).toEqual([]);
    }
  }
});

const connectionsShown = (of: PersonBrowser) =>
  Promise.all(of.tabs().map((tab) => tab.locator('[role="status"]').getAttribute('data-connection')));

/** False where it throws: between two leaders there is none. */
function attempt(isSo: () => boolean): boolean {
  try {
    return isSo();
  } catch {
    return false;
  }
}
