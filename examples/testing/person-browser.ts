import { createNetwork, type Network } from '@porchlight/testkit/network';
import type { BrowserContext, Page } from 'playwright-core';
import { watchScreens } from './watch-screen.ts';

/** One person's browser: its tabs share locks, channels and storage, and its line can be cut without cutting anybody else's. */
export interface PersonBrowser {
  readonly network: Network;
  openTab(): Promise<Page>;
  /** Does something to every tab before it loads anything. */
  onTab(prepare: (tab: Page) => Promise<void>): void;
  /** The tab that has the WebSocket. */
  leader(): Page;
  /** Stops a tab's code, or lets it run on, as the browser does with tabs in the background and the machine with all as it sleeps. */
  freeze(tab: Page): Promise<void>;
  thaw(tab: Page): Promise<void>;
  /** Kills a tab's process. */
  crash(tab: Page): Promise<void>;
  setOffline(offline: boolean): Promise<void>;
  tabs(): Page[];
  close(): Promise<void>;
}

const ACTION_MAX_MS = 10_000;

/** Makes a browser one whose tabs show an example as this person. */
export async function openPersonBrowser(context: BrowserContext, exampleUrl: string, person: string): Promise<PersonBrowser> {
  const network = await createNetwork(exampleUrl);
  context.setDefaultTimeout(ACTION_MAX_MS);
  await watchScreens(context);
  const sockets = new Map<Page, number>();
  const add = (page: Page, change: number) => sockets.set(page, (sockets.get(page) ?? 0) + change);
  context.on('page', (page) =>
    page.on('websocket', (socket) => {
      add(page, 1);
      socket.on('close', () => add(page, -1));
    }),
  );
  let prepareTab = async (_tab: Page) => {};
  const crashed = new Set<Page>();
  // A frozen tab does not even report that its socket was closed.
  const frozen = new Set<Page>();
  const tabs = () => context.pages().filter((page) => !crashed.has(page) && page.url().startsWith(network.url));
  const setState = async (tab: Page, state: 'frozen' | 'active') => {
    const session = await context.newCDPSession(tab);
    await session.send('Page.setWebLifecycleState', { state });
    await session.detach();
  };
  return {
    network,
    async openTab() {
      const page = await context.newPage();
      await prepareTab(page);
      await page.goto(`${network.url}/?as=${person}`);
      await page.locator('[role="status"][data-connection="open"]').waitFor();
      return page;
    },
    onTab(prepare) {
      prepareTab = prepare;
    },
    leader() {
      const leaders = tabs().filter((page) => (sockets.get(page) ?? 0) > 0 && !frozen.has(page));
      if (leaders.length !== 1) throw new Error(`${leaders.length} tabs of ${person} have a WebSocket.`);
      return leaders[0] as Page;
    },
    freeze(tab) {
      frozen.add(tab);
      return setState(tab, 'frozen');
    },
    thaw(tab) {
      frozen.delete(tab);
      return setState(tab, 'active');
    },
    async crash(tab) {
      crashed.add(tab);
      const gone = tab.waitForEvent('crash');
      const session = await context.newCDPSession(tab);
      // It never answers: what would answer is gone.
      session.send('Page.crash').catch(() => {});
      await gone;
    },
    setOffline: (offline) => context.setOffline(offline),
    tabs,
    async close() {
      await context.close();
      await network.close();
    },
  };
}
