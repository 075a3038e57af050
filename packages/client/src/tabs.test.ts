import { beforeEach, expect, test } from 'vitest';
import { createPresence } from './create-presence.ts';
// Loaded beforehand: on demand it would take its time by a clock that is not the test's.
import './find-tabs.ts';
import { tokenOf } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';
import { record } from './testing/scripted-server.ts';
import { type OpenTab, stageTabs } from './testing/stage-tabs.ts';

let { clock, server, browser, openTab } = stageTabs();

beforeEach(() => {
  ({ clock, server, browser, openTab } = stageTabs());
});

async function openTabs(count: number): Promise<OpenTab[]> {
  const tabs: OpenTab[] = [];
  for (let index = 0; index < count; index++) {
    tabs.push(openTab());
    await settle();
  }
  return tabs;
}

const change = (id: string, version: number, rest = {}) =>
  server.last().say({ type: 'changes', at: clock.now(), presences: [record(id, { version, ...rest })] });

test('[S23.4] five tabs of a user have one connection, and all see the same', async () => {
  const tabs = await openTabs(5);
  for (const [index, tab] of tabs.entries()) tab.presence.watch(['alice', `friend-${index}`]);
  await settle();
  expect(server.sockets).toHaveLength(1);
  expect(tabs.map((tab) => tab.presence.connection.name)).toEqual(Array(5).fill('open'));
  const asked = server
    .last()
    .of('watch')
    .flatMap((frame) => frame.add ?? []);
  expect(asked.sort()).toEqual(['alice', 'friend-0', 'friend-1', 'friend-2', 'friend-3', 'friend-4']);
  change('alice', 2, { status: 'busy' });
  await settle();
  expect(tabs.map((tab) => tab.presence.get('alice')?.status)).toEqual(Array(5).fill('busy'));
  expect(tabs.map((tab) => tab.presence.userId)).toEqual(Array(5).fill('me'));
});

test('tabs that open at the same moment agree on one leader', async () => {
  const tabs = Array.from({ length: 8 }, () => openTab());
  await settle();
  expect(server.sockets).toHaveLength(1);
  for (const tab of tabs) expect(tab.presence.connection.name).toBe('open');
});

test('a tab that comes later is told at once what is known', async () => {
  const [first] = await openTabs(1);
  first?.presence.watch(['alice']);
  await settle();
  server.record = undefined;
  const second = openTab();
  second.presence.watch(['alice']);
  await settle();
  expect(second.presence.get('alice')).toEqual(record('alice'));
  expect(server.last().of('watch')).toHaveLength(1);
});

test('different users, and tabs that do not share, have connections of their own', async () => {
  openTab({ token: tokenOf({ sub: 'me' }) });
  openTab({ token: tokenOf({ sub: 'somebody else' }) });
  openTab({ token: 'opaque' });
  openTab({ token: 'opaque' });
  openTab({ share: false });
  await settle();
  expect(server.sockets).toHaveLength(5);
  openTab({ token: 'opaque 1', share: 'me' });
  openTab({ token: 'opaque 2', share: 'me' });
  await settle();
  expect(server.sockets).toHaveLength(6);
});

async function handsOver(end: (leader: OpenTab) => void, ms = 1_000): Promise<OpenTab[]> {
  const tabs = await openTabs(3);
  const [leader, ...others] = tabs as [OpenTab, OpenTab, OpenTab];
  const changes: unknown[] = [];
  for (const tab of others) tab.presence.watch(['alice', 'bob'], (id) => changes.push(tab.presence.get(id)));
  leader.presence.watch(['carol']);
  await settle();
  changes.length = 0;
  const { seq } = server.last();
  end(leader);
  await clock.advance(ms);
  expect(server.live()).toHaveLength(1);
  expect(server.sockets).toHaveLength(2);
  expect(server.last().of('hello')[0]?.resume).toEqual({ session: 'session-1', seq });
  for (const tab of others) expect(tab.presence.connection.name).toBe('open');
  expect(changes).toEqual([]);
  // What changes from now on reaches everybody who is left.
  change('alice', 3, { status: 'away' });
  await settle();
  for (const tab of others) expect(tab.presence.get('alice')?.status).toBe('away');
  return others;
}

test('hands over when the leader closes', async () => {
  await handsOver((leader) => leader.signal('closing'), 0);
  expect(server.sockets[0]?.heard.at(-1)).toEqual({ type: 'closing' });
});

test('hands over when the leader is closed by its app', () => handsOver((leader) => leader.presence.close(), 0).then(() => {}));

test('[S23.4] hands over when the leader crashes, and gives up what only it watched', async () => {
  await handsOver((leader) => leader.crash(), 0);
  await clock.advance(2_000);
  expect(server.last().of('watch')).toMatchObject([{ remove: ['carol'] }]);
});

test('hands over when the leader is frozen, and the leader follows when it thaws', async () => {
  let frozen: OpenTab | undefined;
  await handsOver((leader) => {
    frozen = leader;
    leader.signal('hidden');
    leader.signal('frozen');
    leader.hang();
  }, 0);
  frozen?.thaw();
  frozen?.signal('resumed');
  await settle();
  expect(server.live()).toHaveLength(1);
  expect(frozen?.presence.connection.name).toBe('open');
  change('carol', 9, { status: 'busy' });
  await settle();
  expect(frozen?.presence.get('carol')?.status).toBe('busy');
});

test('hands over within seconds when the leader is stuck without a word, as soon as somebody looks at another tab', async () => {
  const [leader, other] = (await openTabs(2)) as [OpenTab, OpenTab];
  other.signal('hidden');
  leader.hang();
  await clock.advance(60_000);
  expect(server.sockets).toHaveLength(1);
  other.signal('shown');
  await clock.advance(1_000);
  expect(server.sockets).toHaveLength(2);
  expect(other.presence.connection.name).toBe('open');
  leader.thaw();
  await settle();
  expect(server.live()).toHaveLength(1);
  expect(leader.presence.connection.name).toBe('open');
  leader.presence.watch(['alice']);
  await settle();
  expect(leader.presence.get('alice')).toEqual(record('alice'));
});

test('notices a stuck leader from a tab that is looked at all along', async () => {
  const [leader, other] = (await openTabs(2)) as [OpenTab, OpenTab];
  leader.hang();
  await clock.advance(6_001);
  expect(other.presence.connection.name).toBe('open');
  expect(server.sockets).toHaveLength(2);
});

test('keeps the connection of a frozen tab that is alone, and leads on when it thaws', async () => {
  const [tab] = (await openTabs(1)) as [OpenTab];
  tab.signal('frozen');
  tab.hang();
  await clock.advance(20_000);
  tab.thaw();
  tab.signal('resumed');
  await settle();
  expect(server.sockets).toHaveLength(1);
  expect(server.last().closedWith).toBeUndefined();
  expect(tab.presence.connection.name).toBe('open');
});

test('no frozen tab is given the lead', async () => {
  const [leader, frozen, third] = (await openTabs(3)) as [OpenTab, OpenTab, OpenTab];
  frozen.signal('frozen');
  frozen.hang();
  leader.crash();
  await settle();
  expect(server.sockets).toHaveLength(2);
  expect(third.presence.connection.name).toBe('open');
});

test('gives up what a tab watched that closes or crashes', async () => {
  const [leader, closing, crashing] = (await openTabs(3)) as [OpenTab, OpenTab, OpenTab];
  leader.presence.watch(['alice']);
  closing.presence.watch(['alice', 'bob']);
  crashing.presence.watch(['alice', 'carol']);
  await clock.advance(2_000);
  closing.signal('closing');
  crashing.crash();
  await settle();
  const removed = server
    .last()
    .of('watch')
    .flatMap((frame) => frame.remove ?? []);
  expect(removed.sort()).toEqual(['bob', 'carol']);
  expect(leader.presence.get('alice')).toBeDefined();
  expect(leader.presence.get('bob')).toBeUndefined();
});

test('the user is as active as in the most active tab, and away from the page only when no tab is in front', async () => {
  const [first, second] = (await openTabs(2)) as [OpenTab, OpenTab];
  const last = () => server.last().of('activity').at(-1);
  await clock.advance(200_000);
  first.signal('hidden');
  await clock.advance(60_000);
  expect(last()).toMatchObject({ background: false });
  second.signal('input');
  await settle();
  expect(last()).toMatchObject({ idleMs: 0, background: false });
  second.signal('hidden');
  await clock.advance(2_000);
  expect(last()).toMatchObject({ background: true });
  expect(server.last().of('pace').at(-1)).toEqual({ type: 'pace', flushMs: 5_000 });
});

test('a status set in a follower is stored, and answered to it alone', async () => {
  const [, follower] = (await openTabs(2)) as [OpenTab, OpenTab];
  await follower.presence.setStatus('busy', { text: 'in a follower' });
  expect(server.last().of('status')).toMatchObject([{ availability: 'busy', text: 'in a follower' }]);
});

test('a request that was under way as the leader crashed is asked again by the next', async () => {
  const [leader, follower] = (await openTabs(2)) as [OpenTab, OpenTab];
  server.record = undefined;
  const set = follower.presence.setStatus('busy');
  await settle();
  server.record = (id) => record(id);
  leader.crash();
  await settle();
  await set;
  expect(server.last().of('status')).toHaveLength(1);
});

test('signing out in one tab signs out all of them', async () => {
  const tabs = await openTabs(3);
  tabs[2]?.presence.signOut();
  await settle();
  expect(server.last().heard.at(-1)).toEqual({ type: 'leave' });
  expect(tabs.map((tab) => tab.presence.connection)).toEqual(Array(3).fill({ name: 'closed' }));
  await clock.advance(60_000);
  expect(server.sockets).toHaveLength(1);
});

test('when the leader’s token is refused for good, a tab with a good one takes over and the others follow it', async () => {
  const expired = openTab({ token: tokenOf({ sub: 'me', exp: 1 }) });
  await settle();
  server.last().close(4401);
  await settle();
  expect(expired.presence.connection).toMatchObject({ name: 'closed', failure: { code: 'UNAUTHENTICATED' } });
  openTab();
  await settle();
  expect(server.live()).toHaveLength(1);
  expect(expired.presence.connection.name).toBe('open');
});

test('every tab has its own connection where the browser gives no locks', async () => {
  const tab = browser.tab();
  const refuse = { request: () => Promise.reject(new DOMException('no', 'SecurityError')) };
  const sharing = { ...tab.environment.sharing, locks: refuse, channel: tab.environment.sharing?.channel as never };
  const token = tokenOf({ sub: 'me' });
  const alone = createPresence({ url: 'https://presence.test', token, clock, environment: { ...tab.environment, sharing } });
  openTab();
  await settle();
  expect(alone.connection.name).toBe('open');
  expect(server.live()).toHaveLength(2);
});

test('gives all locks back when the tabs are closed', async () => {
  const tabs = await openTabs(3);
  for (const tab of tabs) tab.presence.close();
  await settle();
  expect(browser.heldLocks()).toEqual([]);
});

test('records age to suspect in every tab while the leader’s link is down', async () => {
  const tabs = await openTabs(2);
  for (const tab of tabs) tab.presence.watch(['alice']);
  await settle();
  server.answers = false;
  server.last().close(1006);
  await clock.advance(5_001);
  for (const tab of tabs) expect(tab.presence.get('alice')).toMatchObject({ online: true, certainty: 'suspect' });
  server.answers = true;
  await clock.advance(60_000);
  for (const tab of tabs) expect(tab.presence.get('alice')).toEqual(record('alice'));
});
