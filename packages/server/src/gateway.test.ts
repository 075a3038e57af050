import { beforeEach, describe, expect, test } from 'vitest';
import { identityOf, signToken } from './authenticate.ts';
import { createManualClock } from './clock.ts';
import { signOut } from './sign-out.ts';
import { RecordingLink, type StagedNode, stageNode, turn } from './staged-node.ts';
import { createMemoryStore } from './stores/memory.ts';
import type { Store } from './stores/store.ts';

let staged: StagedNode;
const see = (id: string) => staged.node.service.view({ tenant: 'default', user: 'viewer' }, id);

beforeEach(async () => {
  staged = await stageNode();
});

describe('connections', () => {
  test('[S1.1] connecting makes present; leaving ends at once, and may be said twice or late', async () => {
    const { connection } = await staged.connect('ann');
    expect(see('ann').status).toBe('online');
    staged.node.gateway.left(connection);
    staged.node.gateway.left(connection);
    staged.node.gateway.lost(connection);
    expect(see('ann').status).toBe('offline');
    expect(staged.node.gateway.connectionCount).toBe(0);
    expect(staged.node.service.engine.sessionCount).toBe(0);
  });

  test('[S13.7] whoever only watches is not shown as present', async () => {
    await staged.connect('ann', { watchOnly: true });
    expect(see('ann').status).toBe('offline');
  });

  test('[S2.3] a page that said it closes has the short grace, unless it is heard again', async () => {
    for (const [user, heard, online] of [
      ['ann', false, 'offline'],
      ['bob', true, 'online'],
    ] as const) {
      const { connection } = await staged.connect(user);
      await staged.send(connection, 'closing', { type: 'closing' });
      if (heard) await staged.send(connection, 'activity', { type: 'activity', idleMs: 0 });
      staged.node.gateway.lost(connection);
      staged.clock.advance(staged.options.closingGraceMs);
      expect(see(user).status).toBe(online);
    }
  });

  test('[S16.1] [T6] a connection whose token ends is closed with 4401, and its user is lost, not gone', async () => {
    const { link } = await staged.connect(identityOf('ann', { expiresAt: staged.clock.now() + 10_000 }));
    staged.clock.advance(9_000);
    expect(link.closed).toEqual([]);
    staged.clock.advance(2_000);
    expect(link.closed).toMatchObject([{ code: 4401 }]);
    expect(see('ann').status).toBe('online');
    staged.clock.advance(staged.options.graceMs);
    expect(see('ann').status).toBe('offline');
  });

  test('[S16.2] [T5] signing a user out everywhere closes every connection with 4403, and the token is not believed again', async () => {
    const identity = identityOf('ann', { issuedAt: staged.clock.now() });
    const each = [await staged.connect(identity), await staged.connect(identity)];
    const watching = await staged.connect(identity, { watchOnly: true });
    staged.node.service.step({ type: 'sign-out', tenant: 'default', user: 'ann', reason: 'signed-out' });
    staged.node.gateway.closeUser('default', 'ann', 4403);
    for (const { link } of [...each, watching]) expect(link.closed).toMatchObject([{ code: 4403 }]);
    expect(see('ann').status).toBe('offline');
    await expect(staged.connect(identity)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    staged.clock.advance(2_000);
    await expect(staged.connect(identityOf('ann', { issuedAt: staged.clock.now() - 3_000 }))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await staged.connect(identityOf('ann', { issuedAt: staged.clock.now() }));
    expect(see('ann').status).toBe('online');
  });

  test('[S1.8] [T5] the token of a device that was signed out stays refused, though others make the server forget that it verified it', async () => {
    staged = await stageNode({ tokenCacheMax: 2 });
    const { clock, node, options } = staged;
    const signIn = async (user: string) =>
      node.identities.identify(await signToken({ user, lifetimeMs: 600_000 }, { ...options, clock, jwtSecret: String(options.jwtSecret) }));
    const identity = await signIn('ann');
    const { connection, link } = await staged.connect(identity);
    node.service.step({ type: 'leave', session: connection.session as number, reason: 'signed-out' });
    expect(link.closed).toMatchObject([{ code: 4403 }]);
    for (const other of ['bob', 'cara', 'dora']) await signIn(other);
    await expect(staged.connect(await signIn('ann'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(see('ann').status).toBe('offline');
    clock.advance(1_000);
    await staged.connect(await signIn('ann'));
    expect(see('ann').status).toBe('online');
  });

  test('[S14.9] [T5] a token from before a sign-out renews nothing, though its user be in memory no more', async () => {
    staged = await stageNode({}, { idleUsersMax: 0 });
    const { clock, node, options } = staged;
    const tokenOf = (lifetimeMs: number) =>
      signToken({ user: 'ann', lifetimeMs }, { ...options, clock, jwtSecret: String(options.jwtSecret) });
    const before = await tokenOf(900_000);
    clock.advance(5_000);
    await signOut(node, 'default', 'ann');
    clock.advance(5_000);
    const { connection } = await staged.connect(await node.identities.identify(await tokenOf(600_000)), { watchOnly: true });
    // Somebody else's going away is the occasion on which it is looked who is needed.
    await staged.connect('bob');
    clock.advance(options.awayAfterMs);
    expect(node.service.find('default', 'ann')).toBeUndefined();
    await staged.send(connection, 'token', { type: 'token', token: before });
    expect(connection.identity?.issuedAt).toBeGreaterThan(clock.now() - 600_000);
    expect((connection.link as RecordingLink).said.at(-1)).toMatchObject(['error', { code: 'UNAUTHENTICATED' }]);
  });

  test('[S17.2] [T28] a user has so many connections and no more; a refused one leaves nothing behind', async () => {
    const max = staged.options.connectionsPerUserMax;
    const connections = [];
    for (let index = 0; index < max; index += 1) connections.push((await staged.connect('ann')).connection);
    const { sessionCount } = staged.node.service.engine;
    const { index } = connections.at(-1)!.watcher;
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(staged.connect('ann')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(staged.node.service.engine.sessionCount).toBe(sessionCount);
    expect(staged.node.gateway.connectionCount).toBe(max);
    // The next watcher gets the next place: those of the refused ones were given back.
    expect((await staged.connect('bob')).connection.watcher.index).toBe(index + 1);
    staged.node.gateway.left(connections[0]!);
    await staged.connect('ann');
  });

  test('[S14.13] [S17.2] who may not sign in as somebody else stays who they were', async () => {
    for (let index = 0; index < staged.options.connectionsPerUserMax; index += 1) await staged.connect('bob');
    const { connection } = await staged.connect('ann');
    await expect(staged.node.gateway.signIn(connection, identityOf('bob'))).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(connection.identity).toMatchObject({ user: 'ann' });
    expect(see('ann').status).toBe('online');
  });

  test('[S15.1] [S13.1] who comes back is told what that changes after the welcome, not before', async () => {
    const { connection } = await staged.connect('ann', { answersPing: true });
    await staged.send(connection, 'watch', { type: 'watch', add: ['ann'] });
    // She does not answer when she is asked for a sign of life.
    staged.clock.advance(staged.options.signOfLifeMs + 30_000);
    expect(see('ann').status).toBe('away');
    staged.node.gateway.lost(connection, true);
    staged.clock.advance(1_000);
    const link = new RecordingLink();
    expect(staged.node.gateway.resume(connection, link, identityOf('ann'))).toBe(true);
    expect(link.told).toEqual([]);
    staged.node.fanout.resumed(connection);
    expect(link.takeTold()).toMatchObject([['presence', { id: 'ann', status: 'online' }]]);
  });

  test('[S15.5] [S4.5] [I1a] there is nothing to resume after the grace, though the alarm that ends it be late', async () => {
    const clock = createManualClock();
    let lateMs = 0;
    staged = await stageNode({}, { clock: { ...clock, now: () => clock.now() + lateMs } });
    const { connection } = await staged.connect('ann');
    staged.node.gateway.lost(connection, true);
    lateMs = staged.options.graceMs;
    expect(staged.node.gateway.resume(connection, new RecordingLink(), identityOf('ann'))).toBe(false);
    expect(staged.node.gateway.connectionCount).toBe(0);
  });

  test('[S16.6] [I15] on a stop everybody is sent away to come back, and nobody is told anything', async () => {
    const { connection, link } = await staged.connect('ann');
    const watching = await staged.connect('bob');
    await staged.send(watching.connection, 'watch', { type: 'watch', add: ['ann'] });
    watching.link.told.length = 0;
    staged.node.gateway.drain(() => 1_234);
    staged.node.gateway.lost(connection);
    expect(link.closed).toEqual([{ code: 1012, retryAfterMs: 1_234 }]);
    staged.clock.advance(60_000);
    expect(watching.link.told).toEqual([]);
  });
});

describe('a store that is slow or fails', () => {
  let release: (() => void)[];
  let fails: boolean;
  let asked: number;

  beforeEach(async () => {
    [release, fails, asked] = [[], false, 0];
    const memory = createMemoryStore();
    const store: Store = {
      ...memory,
      load: async (tenant, users) => {
        asked += 1;
        await new Promise<void>((resolve) => release.push(resolve));
        if (fails) throw new Error('the disk is on fire');
        return memory.load(tenant, users);
      },
    };
    staged = await stageNode({}, { store });
  });
  const letGo = async () => {
    for (let round = 0; round < 4; round += 1) {
      for (const each of release.splice(0)) each();
      await turn();
    }
  };

  test('[S12.9] sign-ins that come together are looked up together, and each gets its user', async () => {
    const all = Promise.all(Array.from({ length: 50 }, (_, index) => staged.connect(`u${index}`)));
    await turn();
    expect(release).toHaveLength(1);
    await letGo();
    expect((await all).map(({ connection }) => connection.viewer.user)).toEqual(Array.from({ length: 50 }, (_, index) => `u${index}`));
    // One question for the first, one for all others, and none for users who are here by then.
    expect(asked).toBe(2);
  });

  test('[S12.9] a user who cannot be looked up is UNAVAILABLE, and nothing is left behind', async () => {
    fails = true;
    const connecting = staged.connect('ann');
    const refused = expect(connecting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await letGo();
    await refused;
    expect(staged.node.gateway.connectionCount).toBe(0);
    expect(staged.node.service.engine.sessionCount).toBe(0);
    fails = false;
    const again = staged.connect('ann');
    await letGo();
    await again;
    expect(see('ann').status).toBe('online');
  });

  test('[S12.9] one whose contacts cannot be looked up is refused, and is not present for ever', async () => {
    const smart = staged.dialect('smart-presence');
    const ready = staged.connect('ann', { dialects: [smart] });
    await letGo();
    const first = await ready;
    staged.node.service.step({ type: 'relate', tenant: 'default', user: 'ann', kind: 'contact', others: ['bob'], present: true });
    staged.node.gateway.left(first.connection);
    fails = true;
    const link = new RecordingLink();
    const refused = expect(staged.connect('ann', { dialects: [smart], link })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await letGo();
    await refused;
    staged.clock.advance(staged.options.graceMs);
    expect(see('ann').status).toBe('offline');
    expect(staged.node.service.engine.sessionCount).toBe(0);
  });
});
