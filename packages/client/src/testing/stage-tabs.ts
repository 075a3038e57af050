import { createPresence } from '../create-presence.ts';
import type { Presence } from '../presence.ts';
import { createFakeBrowser, type FakeTab } from './fake-browser.ts';
import { tokenOf } from './make-presence.ts';
import { createManualClock } from './manual-clock.ts';
import { createScriptedServer } from './scripted-server.ts';

export interface OpenTab extends FakeTab {
  presence: Presence;
}

/** A browser whose tabs are opened one by one, at a scripted server. */
export function stageTabs() {
  const clock = createManualClock();
  const server = createScriptedServer(clock.now);
  const browser = createFakeBrowser(clock, server);
  let tokens = 0;
  return {
    clock,
    server,
    browser,
    openTab(options: { token?: string; share?: boolean | string } = {}): OpenTab {
      const tab = browser.tab();
      const token = options.token ?? tokenOf({ sub: 'me', iat: Math.floor(clock.now() / 1_000), jti: String(++tokens) });
      const presence = createPresence({ url: 'https://presence.test', environment: tab.environment, clock: tab.clock, ...options, token });
      return { ...tab, presence };
    },
  };
}
