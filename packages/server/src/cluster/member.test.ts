import { beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../clock.ts';
import { turn } from '../staged-node.ts';
import type { UserName } from '../user-name.ts';
import type { ClusterEvents, Note, SlotChange } from './cluster.ts';
import type { MeetingPoint } from './meeting-point.ts';
import { createMember } from './member.ts';
import { createMemoryMeetingPoint, type MemoryMeetingPoint } from './memory-meeting-point.ts';
import { chosenFor } from './shards.ts';

const ANN = { tenant: 'app', user: 'ann' };
const BOB = { tenant: 'app', user: 'bob' };
const ONLINE = { status: 'online', certainty: 'certain', sinceAt: 1, platforms: [] } as const;
const TIMES = { seenAt: 5, activeAt: 5, restingSeenAt: 5, restingActiveAt: 5 };
const LEASE_MS = 10_000;

let clock: ManualClock;
let meetingPoint: MemoryMeetingPoint;

/** Lets time pass, and everything happen that follows from it. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    clock.advance(Math.min(500, left));
    await turn();
  }
}

/** A member that keeps what it hears; `wire` may be cut, and calls of it be kept to come again. */
async function join(name: string) {
  const wire = { isCut: false, takesWrites: true, calls: [] as (() => Promise<unknown>)[] };
  const operations = Object.entries(meetingPoint).map(([operation, carryOut]) => {
    if (typeof carryOut !== 'function' || operation === 'listen') return [operation, carryOut];
    return [
      operation,
      (...given: unknown[]) => {
        if (wire.isCut || (operation === 'write' && !wire.takesWrites)) return Promise.reject(new Error('cut'));
        const call = () => (carryOut as (...given: unknown[]) => Promise<unknown>)(...given);
        if (operation === 'write') wire.calls.push(call);
        return call();
      },
    ];
  });
  const listen: MeetingPoint['listen'] = (hear) =>
    meetingPoint.listen((...news) => {
      if (!wire.isCut) hear(...news);
    });
  const heard = {
    slots: [] as SlotChange[],
    notes: [] as Note[],
    adopted: [] as UserName[],
    names: [name],
    held: new Set<UserName>(),
  };
  let names = 0;
  const member = createMember({
    meetingPoint: { ...(Object.fromEntries(operations) as unknown as MeetingPoint), listen },
    clock,
    newIncarnation: () => {
      names += 1;
      return `${name}.${names}`;
    },
  });
  const events: ClusterEvents = {
    slots: (changes) => void heard.slots.push(...changes),
    note: (_name, note) => void heard.notes.push(note),
    missed: () => {},
    renamed: (incarnation) => {
      heard.names.push(incarnation);
      for (const user of heard.held) member.put(user, ONLINE, TIMES);
    },
    adopt: async (_node, given) => {
      const users = given.filter(({ user }) => ![...heard.held].some((held) => held.user === user));
      heard.adopted.push(...users.map(({ tenant, user }) => ({ tenant, user })));
      for (const user of users) member.put(user, { ...ONLINE, certainty: 'recovering' }, TIMES);
    },
    census: () => {},
  };
  await member.join(name, events);
  return {
    member,
    wire,
    heard,
    hold: (user: UserName) => {
      heard.held.add(user);
      member.put(user, ONLINE, TIMES);
    },
    letGo: (user: UserName) => {
      heard.held.delete(user);
      member.put(user, null, TIMES);
    },
  };
}

const nodesOf = (each: Awaited<ReturnType<typeof join>>, user: UserName) => each.member.read(user).map(({ node }) => node);

beforeEach(() => {
  clock = createManualClock();
  meetingPoint = createMemoryMeetingPoint({ now: () => clock.now(), shardCount: 2, logMax: 8 });
});

describe('slots', () => {
  test('[S8.3] what one puts the others hear, and whoever joins later knows', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.hold(ANN);
    await turn();
    expect(b.heard.slots).toMatchObject([{ ...ANN, node: 'a', slot: ONLINE, seenAt: 5 }]);
    expect(nodesOf(await join('c'), ANN)).toEqual(['a']);
    expect(a.heard.slots).toEqual([]);
  });

  test('[S24.5] a message that is lost is found at the next look at the logs; one that comes twice is heard once', async () => {
    const [a, b] = [await join('a'), await join('b')];
    b.wire.isCut = true;
    a.hold(ANN);
    await turn();
    b.wire.isCut = false;
    expect(nodesOf(b, ANN)).toEqual([]);
    await pass(2_500);
    expect(nodesOf(b, ANN)).toEqual(['a']);
    expect(b.heard.slots).toHaveLength(1);
  });

  test('[S24.5] what is too old for the log is read whole, and what happened meanwhile told as it ended', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.hold(BOB);
    await pass(500);
    b.heard.slots.length = 0;
    b.wire.isCut = true;
    for (let round = 0; round < 20; round += 1) {
      a.hold(ANN);
      await turn();
      a.letGo(ANN);
      await turn();
    }
    a.letGo(BOB);
    await turn();
    b.wire.isCut = false;
    await pass(2_500);
    expect(b.heard.slots.map(({ user, slot }) => [user, slot])).toEqual([['bob', null]]);
  });

  test('[S24.5] whoever came and went while nothing was heard is not said to have come', async () => {
    const [a, b] = [await join('a'), await join('b')];
    b.wire.isCut = true;
    a.hold(ANN);
    await turn();
    a.letGo(ANN);
    await turn();
    b.wire.isCut = false;
    await pass(2_500);
    expect(b.heard.slots).toMatchObject([{ ...ANN, slot: null, seenAt: 5 }]);
  });

  test('[S8.1] whoever came and went before anybody could hear of it was seen all the same', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.wire.isCut = true;
    a.hold(ANN);
    await turn();
    a.letGo(ANN);
    a.wire.isCut = false;
    await pass(2_500);
    expect(nodesOf(b, ANN)).toEqual([]);
    expect(b.heard.notes).toEqual([{ kind: 'seen', ...TIMES }]);
  });

  test('[E4] [S24.5] a write that comes again after a later one does nothing', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.hold(ANN);
    await turn();
    a.letGo(ANN);
    await turn();
    expect(await a.wire.calls[0]?.()).toEqual({ refused: 'late' });
    expect(nodesOf(b, ANN)).toEqual([]);
  });
});

describe('death', () => {
  test('[S24.2] the users of a dead node are taken over by one other, before they are seen to have gone', async () => {
    const [a, b, c] = [await join('a'), await join('b'), await join('c')];
    a.hold(ANN);
    await pass(500);
    a.wire.isCut = true;
    for (const { wire } of [b, c]) wire.takesWrites = false;
    await pass(LEASE_MS + 2_000);
    for (const { wire } of [b, c]) wire.takesWrites = true;
    await pass(500);
    expect([...b.heard.adopted, ...c.heard.adopted]).toEqual([ANN]);
    const witness = b.heard.adopted.length === 0 ? b : c;
    expect(witness.heard.slots.map(({ slot }) => slot?.certainty ?? null)).toEqual(['certain', 'recovering', null]);
  });

  test('[S24.3] whoever is back on another node since is not taken over', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.hold(ANN);
    await pass(500);
    a.wire.isCut = true;
    const c = await join('c');
    await pass(3_000);
    const [heir, refuge] = chosenFor('a', ['b', 'c']) === 'b' ? [b, c] : [c, b];
    refuge.hold(ANN);
    await pass(LEASE_MS + 5_000);
    expect(heir.heard.adopted).toEqual([]);
    expect(nodesOf(heir, ANN)).toHaveLength(1);
  });

  test('[E2] [S24.5] where a reaper stopped another goes on, and meanwhile nothing of the dead is accepted', async () => {
    const a = await join('a');
    a.hold(ANN);
    await pass(500);
    a.wire.isCut = true;
    await pass(LEASE_MS);
    const { run } = await meetingPoint.hello();
    await meetingPoint.bury(run);
    const [, shard] = [await meetingPoint.fence(0, 'a', run), await meetingPoint.fence(1, 'a', run)].map((reply) => reply.refused);
    expect(shard).toBeUndefined();
    expect(await a.wire.calls[0]?.()).toEqual({ refused: 'fenced' });
    const b = await join('b');
    await pass(3_000);
    expect(b.heard.adopted).toEqual([ANN]);
    expect(meetingPoint.save().shards.flatMap(({ fences }) => [...fences.keys()])).toEqual(['b', 'b']);
    expect(await a.wire.calls[0]?.()).toEqual({ refused: 'unknown' });
  });

  test('[S24.5] whoever was reaped cannot come back under the same name, however late the call', async () => {
    const [a] = [await join('a'), await join('b')];
    a.hold(ANN);
    await pass(500);
    a.wire.isCut = true;
    await pass(LEASE_MS + 3_000);
    const { run } = await meetingPoint.hello();
    expect(await meetingPoint.attach(0, 'a', run, 0)).toEqual({ refused: 'fenced' });
    expect(await meetingPoint.beat('a', run, clock.now() + LEASE_MS)).toEqual({ refused: 'unknown' });
  });

  test('[S24.1] whoever was taken for dead goes on under another name with all that it has', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.hold(ANN);
    await pass(500);
    a.wire.isCut = true;
    await pass(LEASE_MS + 3_000);
    a.wire.isCut = false;
    await pass(3_000);
    expect(a.heard.names).toEqual(['a', 'a.1']);
    expect(nodesOf(b, ANN)).toContain('a.1');
  });

  test('[S24.6] one that hears nothing knows that it is cut off', async () => {
    const a = await join('a');
    await pass(20_000);
    expect(a.member.isCutOff).toBe(false);
    a.wire.isCut = true;
    await pass(9_000);
    expect(a.member.isCutOff).toBe(true);
    a.wire.isCut = false;
    await pass(2_500);
    expect(a.member.isCutOff).toBe(false);
  });

  test('[E5] [S24.5] a beat that comes late shortens no lease', async () => {
    const a = await join('a');
    const { run } = await meetingPoint.hello();
    const until = meetingPoint.save().nodes.get('a');
    await meetingPoint.beat('a', run, clock.now());
    expect(meetingPoint.save().nodes.get('a')).toBe(until);
    await a.member.leave();
  });

  test('[S24.2] whoever leaves in good order is taken over at once', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.hold(ANN);
    await pass(500);
    await a.member.leave();
    await pass(4_500);
    expect(b.heard.adopted).toEqual([ANN]);
  });

  test('[I9] that all leases are over at once is a clock that jumped, and looked at again', async () => {
    let jumpMs = 0;
    meetingPoint = createMemoryMeetingPoint({ now: () => clock.now() + jumpMs, shardCount: 2 });
    const members = [await join('a'), await join('b'), await join('c')];
    jumpMs = 60_000;
    await pass(6_000);
    expect(members.map(({ heard }) => heard.names)).toEqual([['a'], ['b'], ['c']]);
  });
});

describe('losses', () => {
  test('[S24.1] when everything is lost, everybody puts what they have again, and nobody hears of anything', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.hold(ANN);
    await pass(500);
    b.heard.slots.length = 0;
    meetingPoint.empty();
    await pass(30_000);
    expect(nodesOf(b, ANN)).toEqual(['a.1']);
    expect(b.heard.slots.map(({ node, slot }) => [node, slot?.status ?? null])).toEqual([
      ['a.1', 'online'],
      ['a', null],
    ]);
    expect(b.heard.adopted).toEqual([]);
  });

  test('[S24.1] when it comes back with older data, those who left since do not come back with it', async () => {
    const [a, b] = [await join('a'), await join('b')];
    a.hold(ANN);
    await pass(500);
    const saved = meetingPoint.save();
    a.letGo(ANN);
    await pass(500);
    b.heard.slots.length = 0;
    meetingPoint.rollBack(saved);
    await pass(30_000);
    expect(nodesOf(b, ANN)).toEqual([]);
    expect(b.heard.slots.filter(({ slot }) => slot !== null)).toEqual([]);
  });

  test('[E1] [E3] a new node that comes first, and a second loss within the second, make no epoch that was there before', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const epochs = [(await meetingPoint.heads()).map(({ epoch }) => epoch)];
    for (let loss = 0; loss < 2; loss += 1) {
      await pass(500);
      meetingPoint.empty();
      await join(`new-${loss}`);
      epochs.push((await meetingPoint.heads()).map(({ epoch }) => epoch));
    }
    for (const shard of [0, 1]) expect(new Set(epochs.map((heads) => heads[shard])).size).toBe(3);
    await pass(5_000);
    a.hold(ANN);
    await pass(500);
    expect(nodesOf(b, ANN)).toHaveLength(1);
  });
});
