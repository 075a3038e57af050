import { beforeEach, describe, expect, test } from 'vitest';
import { identityOf } from './authenticate.ts';
import { createBackend } from './backend.ts';
import { createManualClock, type ManualClock } from './clock.ts';
import type { MeetingPoint } from './cluster/meeting-point.ts';
import { createMember } from './cluster/member.ts';
import { createMemoryMeetingPoint, type MemoryMeetingPoint } from './cluster/memory-meeting-point.ts';
import { stageNode, turn } from './staged-node.ts';
import { createMemoryDisk, createMemoryStore, type MemoryDisk } from './stores/memory.ts';

let clock: ManualClock;
let meetingPoint: MemoryMeetingPoint;
let disk: MemoryDisk;

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    clock.advance(Math.min(500, left));
    for (let turns = 0; turns < 4; turns += 1) await turn();
  }
}

/** A whole node at the place where all of this test meet; it can be cut off from it, and from the store too, which is death. */
async function node(name: string) {
  const wire = { isCut: false, isDead: false };
  const operations = Object.entries(meetingPoint).map(([operation, carryOut]) => [
    operation,
    typeof carryOut === 'function' && operation !== 'listen'
      ? (...given: unknown[]) =>
          wire.isCut ? Promise.reject(new Error('cut')) : (carryOut as (...given: unknown[]) => Promise<unknown>)(...given)
      : carryOut,
  ]);
  let names = 0;
  const cluster = createMember({
    meetingPoint: {
      ...(Object.fromEntries(operations) as unknown as MeetingPoint),
      listen: (hear) =>
        meetingPoint.listen((...news) => {
          if (!wire.isCut) hear(...news);
        }),
    },
    clock,
    newIncarnation: () => {
      names += 1;
      return `${name}.${names}`;
    },
  });
  const memory = createMemoryStore(disk);
  const store: typeof memory = {
    ...memory,
    write: (batch) => (wire.isDead ? Promise.reject(new Error('dead')) : memory.write(batch)),
  };
  const staged = await stageNode({}, { clock, cluster, store, incarnation: name });
  const backend = createBackend(staged.node);
  const look = (user: string) => staged.node.service.view({ tenant: 'default', user: null, all: true }, user);
  return { ...staged, wire, backend, look };
}

/** Somebody who watches, and what they are told. */
async function watcher(at: Awaited<ReturnType<typeof node>>, user: string, ...ids: string[]) {
  const { connection, link } = await at.connect(user);
  await at.send(connection, 'watch', { type: 'watch', add: ids });
  const told = () =>
    link.takeTold().map((each) => {
      const [, { id, status }] = each as [string, { id: string; status: string }];
      return `${id} ${status}`;
    });
  told();
  return { connection, told };
}

beforeEach(() => {
  clock = createManualClock();
  meetingPoint = createMemoryMeetingPoint({ now: () => clock.now(), shardCount: 2 });
  disk = createMemoryDisk();
});

describe('several nodes', () => {
  test('[S8.3] people on different nodes see each other, in lists and counts too', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const bob = await watcher(b, 'bob', 'ann');
    const ann = await a.connect('ann');
    await pass(500);
    expect(bob.told()).toEqual(['ann online']);
    expect(b.backend.getOnlineUsers().sort()).toEqual(['ann', 'bob']);
    expect(a.backend.getOnlineUsersCount()).toBe(2);
    a.node.gateway.left(ann.connection);
    await pass(500);
    expect(bob.told()).toEqual(['ann offline']);
    expect(b.look('ann').lastSeenAt).toBe(a.look('ann').lastSeenAt);
  });

  test('[S24.2] a node dies: who comes back elsewhere never left, who does not was last seen at its last beat', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const bob = await watcher(b, 'bob', 'ann', 'cara', 'dora');
    for (const user of ['ann', 'cara', 'dora']) await a.connect(user);
    await pass(30_000);
    expect(bob.told()).toEqual(['ann online', 'cara online', 'dora online']);
    const diedAt = clock.now();
    a.wire.isCut = true;
    a.wire.isDead = true;
    const c = await node('c');
    await pass(5_000);
    await c.connect('ann');
    // By now the death was noticed, and she is in the grace that another node gives her.
    await pass(12_000);
    await c.connect('dora');
    await pass(40_000);
    expect(bob.told()).toEqual(['cara offline']);
    expect(b.look('ann').status).toBe('online');
    expect(Math.abs((b.look('cara').lastSeenAt ?? 0) - diedAt)).toBeLessThanOrEqual(1_000);
  });

  test('[S24.4] [I6b] who blocks somebody on one node is hidden from them on all', async () => {
    const [a, b] = [await node('a'), await node('b')];
    await a.connect('ann');
    const bob = await watcher(b, 'bob', 'ann');
    await a.node.service.stepDurably({ type: 'relate', tenant: 'default', user: 'ann', kind: 'block', others: ['bob'], present: true });
    await pass(1_000);
    expect(bob.told()).toEqual(['ann offline']);
    await b.node.service.load('default', ['ann']);
    expect(b.node.service.view({ tenant: 'default', user: 'bob' }, 'ann').status).toBe('offline');
  });

  test('[S24.4] [I6b] what a node stored and died before it told anybody holds once its death is noticed', async () => {
    const [a, b] = [await node('a'), await node('b')];
    await b.connect('ann');
    const bob = await watcher(b, 'bob', 'ann');
    await a.node.service.load('default', ['ann']);
    a.wire.isCut = true;
    await a.node.service.stepDurably({ type: 'relate', tenant: 'default', user: 'ann', kind: 'block', others: ['bob'], present: true });
    a.wire.isDead = true;
    await pass(15_000);
    expect(bob.told()).toEqual(['ann offline']);
  });

  test('[S24.4] two nodes change different settings of one user, and both hold', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const ann = { tenant: 'default', user: 'ann' };
    await a.connect('ann');
    await b.connect('ann');
    const both = Promise.all([
      a.node.service.stepDurably({ type: 'settings', ...ann, text: 'at lunch' }),
      b.node.service.stepDurably({ type: 'settings', ...ann, availability: 'busy' }),
    ]);
    await pass(1_000);
    await both;
    await pass(500);
    for (const each of [a, b]) expect(each.look('ann')).toMatchObject({ status: 'busy', text: 'at lunch' });
    expect(await createMemoryStoreReader(disk)('ann')).toMatchObject({ availability: 'busy', text: 'at lunch' });
  });

  test('[S24.4] a sign-out on one node closes what is open on the others', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const { link } = await b.connect('ann');
    await pass(500);
    const done = a.backend.signOut('ann');
    await pass(1_500);
    await done;
    expect(link.closed).toMatchObject([{ code: 4403 }]);
    expect(b.look('ann').status).toBe('offline');
  });

  test('[S24.6] a node that is cut off doubts whom it does not hold, and turns nobody offline', async () => {
    const [a, b] = [await node('a'), await node('b')];
    await a.connect('ann');
    const bob = await watcher(b, 'bob', 'ann');
    await pass(1_000);
    bob.told();
    b.wire.isCut = true;
    await pass(9_000);
    expect(b.look('ann')).toMatchObject({ status: 'online', certainty: 'suspect' });
    expect(b.look('nobody')).toMatchObject({ status: 'offline', certainty: 'suspect' });
    expect(b.look('bob')).toMatchObject({ status: 'online', certainty: 'certain' });
    await pass(60_000);
    expect(bob.told()).toEqual([]);
    b.wire.isCut = false;
    await pass(5_000);
    expect(b.look('ann')).toMatchObject({ status: 'online', certainty: 'certain' });
    expect(bob.told()).toEqual([]);
  });

  test('[S24.7] logging out on one node ends the leases of that sign-in on all', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const ann = identityOf('ann', { loginId: 'phone' });
    await a.node.leases.heartbeat(ann, 'online-users', { background: false });
    await b.node.leases.heartbeat(ann, 'online-users', { background: false });
    await pass(1_000);
    await b.node.leases.logout(ann);
    await pass(1_000);
    for (const each of [a, b]) expect(each.look('ann').status).toBe('offline');
  });

  test('[S24.7] [S24.2] whoever logs out while the node of their lease lies dead does not come back with what is taken over of it', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const ann = identityOf('ann', { loginId: 'phone' });
    await a.node.leases.heartbeat(ann, 'online-users', { background: false });
    await pass(2_000);
    a.wire.isCut = true;
    a.wire.isDead = true;
    await pass(3_000);
    await b.node.leases.logout(ann);
    await pass(40_000);
    expect(b.look('ann').status).toBe('offline');
  });

  test('[S24.1] when the place where they meet has lost everything nobody is told anything', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const bob = await watcher(b, 'bob', 'ann');
    await a.connect('ann');
    await pass(1_000);
    expect(bob.told()).toEqual(['ann online']);
    meetingPoint.empty();
    await pass(60_000);
    expect(bob.told()).toEqual([]);
    expect(b.look('ann')).toMatchObject({ status: 'online', certainty: 'certain' });
  });

  test('[S9.2] a cluster that was down altogether takes up what it left, and nobody has gone who is back in time', async () => {
    const a = await node('a');
    await a.connect('ann');
    await pass(2_000);
    a.wire.isCut = true;
    a.wire.isDead = true;
    meetingPoint.empty();
    const b = await node('b');
    await pass(2_000);
    expect(b.look('ann')).toMatchObject({ status: 'online', certainty: 'recovering' });
    await b.connect('ann');
    expect(b.look('ann')).toMatchObject({ status: 'online', certainty: 'certain' });
  });
});

/** What a disk holds, read as another node would. */
function createMemoryStoreReader(from: MemoryDisk) {
  return async (user: string) => {
    const store = createMemoryStore(from);
    await store.join(`reader ${user}`, clock.now());
    const [stored] = await store.load('default', [user]);
    return stored;
  };
}
