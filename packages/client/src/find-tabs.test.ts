import { beforeEach, expect, test } from 'vitest';
import { createPresence } from './create-presence.ts';
// Loaded beforehand: on demand it would take its time by a clock that is not the test's.
import './find-tabs.ts';
import { tokenOf } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';
import { stageTabs } from './testing/stage-tabs.ts';

let { clock, server, browser, openTab } = stageTabs();

beforeEach(() => {
  ({ clock, server, browser, openTab } = stageTabs());
});

test('asks again for a token that cannot be had, and then shares', async () => {
  openTab();
  await settle();
  const later = browser.tab();
  let fails = 3;
  const token = () => {
    if (fails-- > 0) throw new Error('no network');
    return tokenOf({ sub: 'me' });
  };
  const presence = createPresence({ url: 'https://presence.test', token, clock: later.clock, environment: later.environment });
  await settle();
  expect(presence.connection).toMatchObject({ name: 'waiting', retryAt: expect.any(Number) });
  await clock.advance(10_000);
  expect(presence.connection.name).toBe('open');
  expect(server.sockets).toHaveLength(1);
});

test('asks for no more tokens once it is closed', async () => {
  const tab = browser.tab();
  let calls = 0;
  const token = () => {
    calls++;
    throw new Error('no network');
  };
  const presence = createPresence({ url: 'https://presence.test', token, clock: tab.clock, environment: tab.environment });
  await settle();
  presence.close();
  await clock.advance(120_000);
  expect([calls, presence.connection.name]).toEqual([1, 'closed']);
});
