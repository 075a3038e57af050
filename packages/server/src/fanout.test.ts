import { beforeEach, describe, expect, test } from 'vitest';
import { identityOf } from './authenticate.ts';
import { defineDialect, hear, type Message, z } from './dialects/dialect.ts';
import { RecordingLink, type StagedNode, stageNode, turn } from './staged-node.ts';

const TICK_MS = 100;

let staged: StagedNode;
const seen = (link: RecordingLink) => link.takeTold().map((each) => (each as [string, { id: string; status: string }])[1]);
const words = (link: RecordingLink) => seen(link).map(({ id, status }) => `${id} ${status}`);

/** A viewer who watches these users, on a quiet moment of the tick grid. */
async function watcher(user: string, ...ids: string[]) {
  const each = await staged.connect(user);
  await staged.send(each.connection, 'watch', { type: 'watch', add: ids });
  each.link.said.length = 0;
  each.link.told.length = 0;
  return each;
}

const setStatus = (user: string, availability: 'auto' | 'busy' | 'dnd' | 'away' | 'invisible') =>
  staged.node.service.step({ type: 'settings', tenant: 'default', user, availability });

beforeEach(async () => {
  staged = await stageNode();
});

describe('telling', () => {
  test('[S10.1] only those who watch are told, and nobody of another tenant', async () => {
    const bob = await watcher('bob', 'ann');
    const cara = await watcher('cara', 'dan');
    const foreign = await staged.connect(identityOf('bob', { tenant: 'other' }));
    await staged.send(foreign.connection, 'watch', { type: 'watch', add: ['ann'] });
    await staged.connect('ann');
    expect(words(bob.link)).toEqual(['ann online']);
    expect([words(cara.link), words(foreign.link)]).toEqual([[], []]);
  });

  test('[S10.2] the first change is told at once; what follows is told together, on the next tick', async () => {
    const { link } = await watcher('bob', 'ann', 'cara', 'dan');
    await staged.connect('ann');
    expect(link.told).toHaveLength(1);
    await staged.connect('cara');
    await staged.connect('dan');
    expect(link.told).toHaveLength(1);
    staged.clock.advance(TICK_MS);
    expect(link.told).toHaveLength(2);
    expect(words(link)).toEqual(['ann online', 'cara online', 'dan online']);
  });

  test('[S10.2] never more often than every tick, however many changes there are', async () => {
    const { link } = await watcher('bob', 'ann');
    await staged.connect('ann');
    link.told.length = 0;
    for (let ms = 0; ms < 2_000; ms += 5) {
      setStatus('ann', ms % 10 === 0 ? 'busy' : 'away');
      staged.clock.advance(5);
    }
    expect(link.told.length).toBeLessThanOrEqual(2_000 / TICK_MS + 1);
    expect(link.told.length).toBeGreaterThan(10);
  });

  test('[S10.3] state travels, not events: whoever is back before the tick was never gone', async () => {
    const { link } = await watcher('bob', 'ann', 'cara');
    await staged.connect('ann');
    await staged.connect('cara');
    staged.clock.advance(2 * TICK_MS);
    link.told.length = 0;
    setStatus('cara', 'busy');
    setStatus('ann', 'busy');
    setStatus('ann', 'dnd');
    setStatus('ann', 'auto');
    staged.clock.advance(TICK_MS);
    expect(words(link)).toEqual(['cara busy']);
  });

  test('[S10.12] what an answer said between a change and its flush is taken back, should it not hold any more', async () => {
    const bob = await staged.connect('bob', { dialects: [staged.dialect('user-status')] });
    await staged.connect('dan');
    const ann = await staged.connect('ann');
    expect(await staged.send(bob.connection, 'getOnlineUsers')).toMatchObject([{ userId: 'ann' }, { userId: 'bob' }, { userId: 'dan' }]);
    staged.node.gateway.left(ann.connection);
    bob.link.takeTold();
    staged.clock.advance(TICK_MS);
    expect(bob.link.takeTold()).toMatchObject([
      ['userStatusChanged', { userId: 'dan', status: 'online' }],
      ['userStatusChanged', { userId: 'ann', status: 'offline' }],
    ]);
  });

  test('[S10.3] of many changes the last one is told', async () => {
    const { link } = await watcher('bob', 'ann', 'cara');
    await staged.connect('cara');
    await staged.connect('ann');
    for (const availability of ['busy', 'away', 'dnd'] as const) setStatus('ann', availability);
    staged.clock.advance(TICK_MS);
    expect(words(link)).toEqual(['cara online', 'ann dnd']);
  });

  test('[S10.4] a change is encoded once for all who may see the same, and apart for those who may not', async () => {
    const crowd = await Promise.all(Array.from({ length: 19 }, (_, index) => watcher(`w${index}`, 'ann', 'zoe')));
    const stranger = await watcher('stranger', 'ann', 'zoe');
    await staged.connect('zoe');
    const ann = await staged.connect('ann');
    staged.clock.advance(2 * TICK_MS);
    for (const { link } of [...crowd, stranger]) link.told.length = 0;
    staged.node.service.step({ type: 'relate', tenant: 'default', user: 'ann', kind: 'block', others: ['stranger'], present: true });
    staged.clock.advance(2 * TICK_MS);
    expect(words(stranger.link)).toEqual(['ann offline']);
    const before = RecordingLink.encodings;
    setStatus('ann', 'busy');
    expect(RecordingLink.encodings - before).toBe(1);
    for (const { link } of crowd) expect(words(link)).toEqual(['ann busy']);
    expect(words(stranger.link)).toEqual([]);
    expect(ann.link.told).toEqual([]);
  });

  test('[S10.5] a connection may ask for less: it is told the last state, at its own pace', async () => {
    const slow = await watcher('bob', 'ann');
    await staged.send(slow.connection, 'pace', { type: 'pace', flushMs: 5_000 });
    const quick = await watcher('cara', 'ann');
    await staged.send(quick.connection, 'pace', { type: 'pace', flushMs: 0 });
    await staged.connect('ann');
    expect(words(slow.link)).toEqual(['ann online']);
    for (let second = 0; second < 4; second += 1) {
      setStatus('ann', second % 2 === 0 ? 'busy' : 'dnd');
      staged.clock.advance(1_000);
    }
    expect(words(slow.link)).toEqual([]);
    expect(words(quick.link)).toEqual(['ann online', 'ann busy', 'ann dnd', 'ann busy', 'ann dnd']);
    staged.clock.advance(1_100);
    expect(words(slow.link)).toEqual(['ann dnd']);
  });

  test('[S10.6] dialects that document it tell everybody who may see the user, in their own words', async () => {
    const gateway = await staged.connect('bob', { dialects: [staged.dialect('presence-gateway')] });
    const status = await staged.connect('7', { dialects: [staged.dialect('user-status')] });
    await staged.connect(identityOf('eve', { tenant: 'other' }), { dialects: [staged.dialect('presence-gateway')] });
    staged.clock.advance(2 * TICK_MS);
    for (const { link } of [gateway, status]) link.told.length = 0;
    await staged.connect('ann');
    expect(gateway.link.takeTold()).toMatchObject([['user-online', { userId: 'ann', online: true }]]);
    expect(status.link.takeTold()).toMatchObject([['userStatusChanged', { userId: 'ann', status: 'online' }]]);
  });

  test('[S10.7] no finer than its words can say: away is no news to a dialect that knows online and offline', async () => {
    const gateway = await staged.connect('bob', { dialects: [staged.dialect('presence-gateway')] });
    await staged.connect('ann');
    staged.clock.advance(2 * TICK_MS);
    gateway.link.told.length = 0;
    setStatus('ann', 'away');
    staged.clock.advance(2 * TICK_MS);
    expect(gateway.link.takeTold()).toEqual([]);
  });

  test('[S10.8] what is told in another way first is not told again', async () => {
    const { connection, link } = await watcher('bob', 'ann');
    await staged.connect('ann');
    staged.clock.advance(2 * TICK_MS);
    link.told.length = 0;
    const { fanout, service } = staged.node;
    fanout.together(() => {
      setStatus('ann', 'busy');
      expect(link.told).toEqual([]);
      fanout.tellNow(connection, connection.dialects[0]!, service.find('default', 'ann')!, { extra: 1 });
    });
    staged.clock.advance(2 * TICK_MS);
    expect(link.takeTold()).toEqual([]);
    expect(link.said).toMatchObject([['presence', { id: 'ann', status: 'busy' }]]);
  });

  test('[S10.8] what fails within does not hold back what is to be told', async () => {
    const { link } = await watcher('bob', 'ann');
    const { fanout } = staged.node;
    await staged.connect('cara');
    expect(() =>
      fanout.together(() => {
        staged.node.service.step({ type: 'loaded', tenant: 'default', users: [] });
        throw new Error('within');
      }),
    ).toThrow('within');
    await staged.connect('ann');
    expect(words(link)).toEqual(['ann online']);
  });

  test('[S10.9] a link that could take nothing is told when it drains, and only that one', async () => {
    const polling = await watcher('bob', 'ann', 'cara');
    const other = await watcher('dan', 'ann', 'cara');
    polling.link.held = Number.POSITIVE_INFINITY;
    await staged.connect('ann');
    await staged.connect('cara');
    expect(words(other.link)).toEqual(['ann online']);
    staged.clock.advance(10);
    polling.link.held = 0;
    staged.node.fanout.drained(polling.connection);
    expect(words(polling.link)).toEqual(['ann online', 'cara online']);
    expect(words(other.link)).toEqual([]);
  });

  test('[S10.11] whoever leaves a connection is told nothing more', async () => {
    const { connection, link } = await watcher('bob', 'ann');
    await staged.connect('ann');
    setStatus('ann', 'busy');
    staged.node.gateway.left(connection);
    link.told.length = 0;
    staged.clock.advance(5 * TICK_MS);
    expect(link.told).toEqual([]);
    expect(staged.node.watches.size).toBe(0);
  });

  test('[S7.5] [I6b] what was waiting about somebody who blocks meanwhile is told as unknown', async () => {
    const { link } = await watcher('bob', 'ann', 'cara');
    await staged.connect('ann');
    await staged.connect('cara');
    staged.clock.advance(2 * TICK_MS);
    setStatus('cara', 'busy');
    link.told.length = 0;
    staged.node.service.step({ type: 'settings', tenant: 'default', user: 'ann', availability: 'busy', text: 'secret words' });
    staged.node.service.step({ type: 'relate', tenant: 'default', user: 'ann', kind: 'block', others: ['bob'], present: true });
    staged.clock.advance(2 * TICK_MS);
    const told = seen(link);
    expect(told).toEqual([{ id: 'ann', online: false, status: 'offline', lastSeenAt: null, version: 0 }]);
  });
});

describe('[S10.10] a dialect that fails harms nobody else', () => {
  const broken = (name: string, change: () => Message) =>
    defineDialect({ name, says: { change, refused: () => ({}) }, hears: { hi: hear(z.unknown(), () => undefined) } });
  const throwing = broken('throwing', () => {
    throw new Error('no words');
  });
  const unwritable = broken('unwritable', () => ['change', { id: 7n }]);
  const cyclic = broken('cyclic', () => {
    const payload: Record<string, unknown> = {};
    payload.self = payload;
    return ['change', payload];
  });

  test.each([throwing, unwritable, cyclic])('$name', async (dialect) => {
    await staged.connect('first', { dialects: [dialect] });
    const { link } = await watcher('bob', 'ann');
    const both = await staged.connect('both', { dialects: [dialect, staged.dialect('user-status')] });
    staged.clock.advance(2 * TICK_MS);
    both.link.told.length = 0;
    await staged.connect('ann');
    expect(words(link)).toEqual(['ann online']);
    expect(both.link.takeTold()).toMatchObject([['userStatusChanged', { userId: 'ann' }]]);
    expect(staged.lines.join('')).toContain('could not say');
  });
});

describe('slow readers', () => {
  const slowReaderMs = 10_000;

  async function slowReader() {
    const reader = await watcher('bob', 'ann', 'cara');
    await staged.connect('ann');
    await staged.connect('cara');
    staged.clock.advance(2 * TICK_MS);
    reader.link.told.length = 0;
    reader.link.held = staged.options.sendBufferBytesMax + 1;
    return reader;
  }

  test('[S11.1] [I7] nothing is written to a reader that is behind; what waits is a set of users', async () => {
    const { connection, link } = await slowReader();
    for (let change = 0; change < 1_000; change += 1) {
      setStatus('ann', change % 2 === 0 ? 'busy' : 'dnd');
      setStatus('cara', change % 2 === 0 ? 'dnd' : 'busy');
    }
    staged.clock.advance(5_000);
    expect(link.told).toEqual([]);
    expect(connection.dirty.size).toBe(2);
  });

  test('[S11.1] [I7] nor is what others type or say of themselves; how they are is told once there is room', async () => {
    const smart = { dialects: [staged.dialect('smart-presence')] };
    const { connection, link } = await staged.connect('bob', smart);
    const { connection: ann } = await staged.connect('ann', smart);
    await staged.send(connection, 'presence:request', { requesterId: 'bob', contactIds: ['ann'] });
    staged.clock.advance(2 * TICK_MS);
    [link.told.length, link.said.length] = [0, 0];
    link.held = staged.options.sendBufferBytesMax + 1;
    staged.node.service.step({ type: 'typing', tenant: 'default', from: 'ann', to: 'bob', conversation: 'c', isTyping: true });
    await staged.send(ann, 'presence:update', { fromUserId: 'ann', isOnline: false, toUserIds: ['bob'] });
    expect([link.said, link.told]).toEqual([[], []]);
    link.held = 0;
    staged.clock.advance(TICK_MS);
    expect(link.takeTold()).toMatchObject([['presence:update', { isOnline: false }]]);
  });

  test('[S11.2] one that catches up in time is told the last state, and stays', async () => {
    const { connection, link } = await slowReader();
    setStatus('ann', 'busy');
    staged.clock.advance(slowReaderMs - 1_000);
    setStatus('ann', 'dnd');
    link.held = staged.options.sendBufferBytesMax;
    staged.clock.advance(TICK_MS);
    expect(words(link)).toEqual(['ann dnd']);
    link.held = staged.options.sendBufferBytesMax + 1;
    setStatus('ann', 'busy');
    staged.clock.advance(slowReaderMs - 1_000);
    expect(connection.closed).toBe(false);
  });

  test('[S11.3] [I7] one that stays behind is closed with 4008, and its user lost, not gone', async () => {
    const { connection, link } = await slowReader();
    setStatus('ann', 'busy');
    staged.clock.advance(slowReaderMs - TICK_MS);
    expect(link.closed).toEqual([]);
    staged.clock.advance(2 * TICK_MS);
    expect(link.closed.map(({ code }) => code)).toEqual([4008]);
    expect(connection.closed).toBe(true);
    const viewer = { tenant: 'default', user: 'zoe' };
    expect(staged.node.service.view(viewer, 'bob').status).toBe('online');
    staged.clock.advance(staged.options.graceMs);
    expect(staged.node.service.view(viewer, 'bob').status).toBe('offline');
  });

  test('[S11.3] a polling client between two polls is not slow', async () => {
    const { connection, link } = await slowReader();
    link.held = Number.POSITIVE_INFINITY;
    setStatus('ann', 'busy');
    staged.clock.advance(6 * slowReaderMs);
    await turn();
    expect(connection.closed).toBe(false);
  });
});
