import type { BrowserContext, Page } from 'playwright-core';

/** Something that a page showed of a user: from `at` (epoch milliseconds of this machine) until the next of the same user. */
export interface Shown {
  at: number;
  user: string;
  status: string;
}

// Runs in the page. A MutationObserver is called after every task that changed something, before it is painted: nothing that was ever on the
// screen is missed. The examples name users by `data-user`; in it React's dots say `data-status`, the elements `status`.
const WATCH = `
  window.shown = [];
  const last = new Map();
  const look = () => {
    for (const row of document.querySelectorAll('[data-user]')) {
      const element = row.querySelector('[data-status], porchlight-status[status]');
      if (!element) continue;
      const status = element.dataset.status ?? element.getAttribute('status');
      const user = row.dataset.user;
      if (last.get(user) === status) continue;
      last.set(user, status);
      window.shown.push({ at: Date.now(), user, status });
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
`;

/** Lets every page of this browser keep a record of all that it shows. */
export const watchScreens = (context: BrowserContext): Promise<unknown> => context.addInitScript(WATCH);

/** All that a page has shown of a user. */
export async function shownOf(page: Page, user: string): Promise<Shown[]> {
  const all = await page.evaluate(() => (globalThis as unknown as { shown: Shown[] }).shown);
  return all.filter((each) => each.user === user);
}

/** What a page shows of a user now; undefined before anything. */
export const showsNow = async (page: Page, user: string): Promise<string | undefined> => (await shownOf(page, user)).at(-1)?.status;
