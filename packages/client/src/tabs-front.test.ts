import { beforeEach, describe, expect, test } from 'vitest';
// Loaded beforehand: on demand it would take its time by a clock that is not the test's.
import './find-tabs.ts';
import { settle } from './testing/manual-clock.ts';
import { type OpenTab, stageTabs } from './testing/stage-tabs.ts';

let { clock, server, openTab } = stageTabs();

beforeEach(() => {
  ({ clock, server, openTab } = stageTabs());
});

async function openTabs(count: number): Promise<OpenTab[]> {
  const tabs: OpenTab[] = [];
  for (let index = 0; index < count; index++) {
    tabs.push(openTab());
    await settle();
  }
  return tabs;
}

describe('[S23.1] going from one tab to another tells nobody anything', () => {
  /** Whatever the server was told of the background, on all links. */
  const told = () => server.sockets.flatMap((socket) => socket.of('activity').map(({ background }) => background));

  test('however often, in whichever order the browser tells of it', async () => {
    const [first, second] = (await openTabs(2)) as [OpenTab, OpenTab];
    second.signal('hidden');
    for (let turn = 0; turn < 10; turn++) {
      const [from, to] = turn % 2 === 0 ? [first, second] : [second, first];
      if (turn % 3 === 0) to.signal('shown');
      from.signal('hidden');
      await clock.advance(1_400);
      if (turn % 3 !== 0) to.signal('shown');
      await clock.advance(5_000);
    }
    expect(told()).not.toContain(true);
    expect(server.last().of('pace')).toEqual([]);
  });

  test('when the one in front is closed, whether it led or not', async () => {
    for (const closes of [0, 1]) {
      ({ clock, server, openTab } = stageTabs());
      const tabs = await openTabs(2);
      const [closing, other] = closes === 0 ? [tabs[0], tabs[1]] : [tabs[1], tabs[0]];
      other?.signal('hidden');
      await clock.advance(10_000);
      closing?.signal('hidden');
      closing?.signal('closing');
      await clock.advance(300);
      other?.signal('shown');
      await clock.advance(10_000);
      expect(other?.presence.connection.name).toBe('open');
      expect(told()).not.toContain(true);
    }
  });

  test('but closing the one in front is going away when none is shown after it', async () => {
    const [first, second] = (await openTabs(2)) as [OpenTab, OpenTab];
    first.signal('hidden');
    second.signal('closing');
    await clock.advance(1_499);
    expect(told()).not.toContain(true);
    await clock.advance(1);
    expect(told().at(-1)).toBe(true);
  });

  test('and a link that is resumed while all are hidden says so at once', async () => {
    const tabs = await openTabs(2);
    for (const tab of tabs) tab.signal('hidden');
    await clock.advance(60_000);
    server.last().close(1006);
    await clock.advance(1_000);
    expect(server.sockets).toHaveLength(2);
    expect(server.last().of('activity')[0]).toMatchObject({ background: true });
  });
});

test('a tab that leads and is frozen says before that none is in front', async () => {
  const [first, second] = (await openTabs(2)) as [OpenTab, OpenTab];
  second.signal('hidden');
  await settle();
  first.signal('hidden');
  first.signal('frozen');
  first.hang();
  expect(server.sockets[0]?.of('activity').at(-1)).toMatchObject({ background: true });
});
