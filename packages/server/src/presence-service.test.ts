import { describe, expect, test } from 'vitest';
import { createManualClock } from './clock.ts';
import { type StagedNode, stageNode, turn } from './staged-node.ts';
import { createMemoryDisk, createMemoryStore } from './stores/memory.ts';

const viewer = { tenant: 'default', user: 'viewer' };
const beats = async (staged: StagedNode, count: number) => {
  for (let beat = 0; beat < count; beat += 1) {
    staged.clock.advance(1_000);
    await turn();
  }
};

describe('restarts', () => {
  test('[S9.5] [I2] [I3] after a crash those who were online are recovering, last seen within two seconds of it', async () => {
    const disk = createMemoryDisk();
    const first = await stageNode({}, { store: createMemoryStore(disk) });
    await first.connect('ann');
    const { connection } = await first.connect('bob');
    await beats(first, 60);
    first.node.gateway.left(connection);
    const bobLeftAt = first.clock.now();
    await beats(first, 30);
    const crashedAt = first.clock.now();
    const clock = createManualClock(crashedAt + 20_000);
    const second = await stageNode({}, { store: createMemoryStore(disk), incarnation: 'n2', clock });
    const see = (id: string) => second.node.service.view(viewer, id);
    const { lastSeenAt } = see('ann');
    expect(see('ann')).toMatchObject({ status: 'online', certainty: 'recovering' });
    expect(crashedAt - lastSeenAt!).toBeLessThanOrEqual(2_000);
    await second.node.service.load('default', ['bob']);
    expect(see('bob')).toMatchObject({ status: 'offline', lastSeenAt: bobLeftAt });
    clock.advance(second.options.graceMs);
    expect(see('ann')).toMatchObject({ status: 'offline', lastSeenAt });
  });

  test('[S9.6] [I15] after a stop in good order nobody is told of those who come back in time', async () => {
    const disk = createMemoryDisk();
    const first = await stageNode({}, { store: createMemoryStore(disk) });
    await first.connect('ann');
    await beats(first, 3);
    first.node.gateway.drain(() => 0);
    await first.node.close();
    const clock = createManualClock(first.clock.now() + 2_000);
    const second = await stageNode({}, { store: createMemoryStore(disk), incarnation: 'n2', clock });
    const watcher = await second.connect('bob');
    await second.send(watcher.connection, 'watch', { type: 'watch', add: ['ann'] });
    await second.connect('ann');
    clock.advance(second.options.graceMs * 2);
    expect(watcher.link.told).toEqual([]);
  });
});

describe('whoever was lost when the process ended', () => {
  const LOST_BEFORE_MS = 5_000;
  /** Ann's connection breaks, and soon afterwards the process ends. */
  async function endInGrace(isStop: boolean) {
    const disk = createMemoryDisk();
    const first = await stageNode({}, { store: createMemoryStore(disk) });
    const { connection } = await first.connect('ann');
    await beats(first, 3);
    first.node.gateway.lost(connection);
    const lostAt = first.clock.now();
    await beats(first, LOST_BEFORE_MS / 1_000);
    if (isStop) {
      first.node.gateway.drain(() => 0);
      await first.node.close();
    }
    const clock = createManualClock(first.clock.now() + 2_000);
    const second = await stageNode({}, { store: createMemoryStore(disk), incarnation: 'n2', clock });
    const watcher = await second.connect('bob');
    await second.send(watcher.connection, 'watch', { type: 'watch', add: ['ann'] });
    return { second, watcher, clock, lostAt, restMs: second.options.graceMs - LOST_BEFORE_MS };
  }

  test.each([true, false])(
    '[S9.7] [I1b] has the rest of the grace, and is then last seen when last heard (in good order: %s)',
    async (isStop) => {
      const { second, watcher, clock, lostAt, restMs } = await endInGrace(isStop);
      clock.advance(restMs - 1);
      expect(second.node.service.view(viewer, 'ann')).toMatchObject({ status: 'online', certainty: 'recovering' });
      expect(watcher.link.takeTold()).toEqual([]);
      // The end of a process that crashed is its last beat.
      clock.advance(isStop ? 1 : 2_000);
      const { status, lastSeenAt } = second.node.service.view(viewer, 'ann');
      expect(status).toBe('offline');
      expect(lostAt - lastSeenAt!).toBeLessThanOrEqual(3_000);
      expect(lastSeenAt).toBeLessThanOrEqual(lostAt);
    },
  );

  test('[S9.7] [S9.2] and never left who comes back within it', async () => {
    const { second, watcher, clock, restMs } = await endInGrace(true);
    clock.advance(restMs - 1);
    await second.connect('ann');
    clock.advance(second.options.graceMs);
    expect(watcher.link.told).toEqual([]);
    expect(second.node.service.view(viewer, 'ann')).toMatchObject({ status: 'online', certainty: 'certain' });
  });
});

describe('users in memory', () => {
  test('[S12.10] those whom nobody refers to are let go, others stay, and come back as they were', async () => {
    const staged = await stageNode({}, { idleUsersMax: 10 });
    const { connection } = await staged.connect('ann');
    await staged.send(connection, 'watch', { type: 'watch', add: ['watched'] });
    const { connection: leaving } = await staged.connect('was-here');
    const seenAt = staged.clock.now();
    staged.node.gateway.left(leaving);
    await staged.node.service.load(
      'default',
      Array.from({ length: 200 }, (_, index) => `idle${index}`),
    );
    await staged.node.service.flushed();
    await beats(staged, 400);
    const { service } = staged.node;
    expect(service.engine.roster.size).toBeLessThan(20);
    expect(service.find('default', 'watched')).toBeDefined();
    expect(service.find('default', 'ann')).toBeDefined();
    expect(service.find('default', 'was-here')).toBeUndefined();
    await service.load('default', ['was-here']);
    expect(service.view(viewer, 'was-here')).toMatchObject({ status: 'offline', lastSeenAt: seenAt });
  });

  test('[S4.5] an answer is never older than its question, however late the alarm', async () => {
    const clock = createManualClock();
    const late = { ...clock, alarm: () => () => {} };
    const staged = await stageNode({}, { clock: late as typeof clock });
    const { connection } = await staged.connect('ann');
    staged.node.gateway.lost(connection);
    clock.advance(staged.options.graceMs);
    expect(staged.node.service.view(viewer, 'ann').status).toBe('offline');
    expect(staged.node.service.count(viewer)).toBe(0);
  });
});
