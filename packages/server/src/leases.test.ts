import { beforeEach, describe, expect, test } from 'vitest';
import { identityOf } from './authenticate.ts';
import { type StagedNode, stageNode } from './staged-node.ts';
import { createMemoryDisk, createMemoryStore } from './stores/memory.ts';

let staged: StagedNode;
const see = (id: string) => staged.node.service.view({ tenant: 'default', user: 'viewer' }, id);
const phone = identityOf('ann', { loginId: 'phone' });
const desk = identityOf('ann', { loginId: 'desk' });
const beat = (identity = phone, background = false) => staged.node.leases.heartbeat(identity, 'online-users', { background });

beforeEach(async () => {
  staged = await stageNode();
});

describe('leases', () => {
  test('[S3.1] a heartbeat keeps online for the time of a lease, and last seen is the last one', async () => {
    await beat();
    staged.clock.advance(staged.options.leaseMs - 1);
    await beat();
    const at = staged.clock.now();
    staged.clock.advance(staged.options.leaseMs - 1);
    expect(see('ann').status).not.toBe('offline');
    staged.clock.advance(1);
    expect(see('ann')).toMatchObject({ status: 'offline', lastSeenAt: at });
  });

  test('[S3.4] a sign-in has one lease; logging out ends its own and no other’s, at once, and may repeat', async () => {
    await beat(phone);
    await beat(phone);
    await beat(desk);
    expect(staged.node.service.engine.sessionCount).toBe(2);
    await staged.node.leases.logout(phone);
    await staged.node.leases.logout(phone);
    expect(see('ann').status).toBe('online');
    await staged.node.leases.logout(desk);
    expect(see('ann').status).toBe('offline');
  });

  test('[S3.4] [I14] a logout that comes while the node closes is refused, and does not go on for ever', async () => {
    await beat();
    await staged.node.close();
    await expect(staged.node.leases.logout(phone)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('[S3.2] from the background: away, and no activity', async () => {
    await beat(phone, true);
    expect(see('ann').status).toBe('away');
  });

  test('[S3.5] heartbeats have a rate of their own, and a signed-out token renews nothing', async () => {
    for (let count = 0; count < staged.options.heartbeatsBurstMax; count += 1) await beat();
    expect(() => beat()).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
    staged.clock.advance(60_000);
    staged.node.identities.revoke(phone);
    expect(() => beat()).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
  });

  test('[S3.6] [S9.3] a lease outlives a crash of the server, and is renewed as the same one', async () => {
    const disk = createMemoryDisk();
    staged = await stageNode({}, { store: createMemoryStore(disk) });
    await beat();
    await staged.node.service.flushed();
    const heardAt = staged.clock.now();
    staged = await stageNode({}, { store: createMemoryStore(disk), incarnation: 'n2' });
    expect(see('ann')).toMatchObject({ status: 'online', lastSeenAt: heardAt });
    await beat();
    expect(staged.node.service.engine.sessionCount).toBe(1);
  });
});
