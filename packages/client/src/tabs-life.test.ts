import { expect, test } from 'vitest';
// Loaded beforehand: on demand it would take its time by a clock that is not the test's.
import './find-tabs.ts';
import { seeded } from './testing/fake-browser.ts';
import { settle } from './testing/manual-clock.ts';
import { record } from './testing/scripted-server.ts';
import { type OpenTab, stageTabs } from './testing/stage-tabs.ts';

test('survives a random life of tabs with one connection and the truth in every tab', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { clock, server, openTab } = stageTabs();
    const random = seeded(seed + 1_000);
    const tabs: (OpenTab & { frozen: boolean })[] = [];
    let version = 1;
    for (let step = 0; step < 60; step++) {
      const tab = tabs[Math.floor(random() * tabs.length)];
      const choice = random();
      if (tab === undefined || choice < 0.25) {
        const opened = openTab();
        opened.presence.watch(['alice']);
        tabs.push({ ...opened, frozen: false });
      } else if (choice < 0.4) {
        if (!tab.frozen) tab.signal('closing');
        else tab.crash();
        tabs.splice(tabs.indexOf(tab), 1);
      } else if (choice < 0.5) {
        tab.crash();
        tabs.splice(tabs.indexOf(tab), 1);
      } else if (choice < 0.65 && !tab.frozen) {
        tab.frozen = true;
        tab.signal('frozen');
        tab.hang();
      } else if (choice < 0.8 && tab.frozen) {
        tab.frozen = false;
        tab.thaw();
        tab.signal('resumed');
      } else if (choice < 0.9) server.live()[0]?.close(1006);
      await clock.advance(Math.floor(random() * 3_000));
      const far = server.live().at(-1);
      version++;
      server.record = (id) => record(id, { version });
      far?.say({ type: 'changes', at: clock.now(), presences: [record('alice', { version })] });
      await settle();
    }
    await clock.advance(60_000);
    const awake = tabs.filter((tab) => !tab.frozen);
    const where = `seed ${seed}`;
    if (awake.length > 0) expect(server.live().length, where).toBeLessThanOrEqual(1 + tabs.length - awake.length);
    for (const tab of awake) expect([tab.presence.connection.name, tab.presence.get('alice')?.version], where).toEqual(['open', version]);
  }
});
