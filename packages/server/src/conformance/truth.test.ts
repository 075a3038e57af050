import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Network } from '@porchlight/testkit/network';
import { type RealServer, startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Inbox } from './inbox.ts';
import { TRANSPORTS, type TransportName } from './socket-client.ts';
import { SPEAKER_NAMES, SPEAKERS, type SpeakerName, type Watcher } from './speakers.ts';
import { createWorld, near, type World } from './world.ts';

/*
 * What the server is for: nobody is told what is not so. Every dialect with a connection is the one who is lost, and all of them watch.
 */

const CONNECTED = SPEAKER_NAMES.filter((name) => name !== 'online-users');
const GRACE_MS = 15_000;
const cases = TRANSPORTS.flatMap((transport) => CONNECTED.filter((name) => name !== 'native').map((name) => ({ name, transport })));
const CASES: { name: SpeakerName; transport: TransportName }[] = [{ name: 'native', transport: 'websocket' }, ...cases];

async function open(transport: TransportName, server: RealServer) {
  const world = createWorld(server, transport);
  const network = await createNetwork(server.url);
  onTestFinished(async () => {
    world.end();
    await network.close();
    await server.close();
  });
  return { world, network, server };
}

/** One watcher of every dialect with a connection. */
async function watchersOf(world: World, watched: string): Promise<Watcher[]> {
  const watchers: Watcher[] = [];
  for (const name of CONNECTED) watchers.push(await SPEAKERS[name].watcher(world, watched));
  for (const watcher of watchers) await watcher.tellsNothing();
  return watchers;
}

const all = async (watchers: Watcher[], look: (watcher: Watcher) => Promise<void>) => {
  for (const watcher of watchers) await look(watcher);
};

/** Cuts the network, and resolves when the server has noticed. */
async function cut(server: RealServer, network: Network): Promise<void> {
  const inbox = new Inbox('the server', server.clock);
  await inbox.until(
    () => server.reachesAll() || undefined,
    () => 'all polls',
  );
  const linked = server.linked();
  network.cut();
  await inbox.until(
    () => server.linked() < linked || undefined,
    () => 'the loss',
  );
}

describe.each(CASES)('$name over $transport', ({ name, transport }) => {
  const begin = async () => {
    const scene = await open(transport, await startServer());
    const watchers = await watchersOf(scene.world, 'actor');
    const actor = SPEAKERS[name].actor(scene.world, 'actor', scene.network.url);
    await actor.online();
    await all(watchers, (watcher) => watcher.tellsOnline());
    return { ...scene, watchers, actor };
  };

  test('[I12] two tabs, one closed: nobody is told; the other closed: everybody at once', async () => {
    const { world, watchers, actor } = await begin();
    const second = SPEAKERS[name].actor(world, 'actor');
    await second.online();
    await actor.offline();
    await all(watchers, (watcher) => watcher.tellsNothing());
    const leftAt = world.clock.now();
    await second.offline();
    await all(watchers, (watcher) => watcher.tellsOffline(leftAt));
    await all(watchers, (watcher) => watcher.tellsNothing());
  });

  test('[I13] back within the grace: nobody is told', async () => {
    const { world, network, server, watchers, actor } = await begin();
    for (let time = 0; time < 2; time += 1) {
      await cut(server, network);
      world.clock.advance(GRACE_MS - 2_000);
      network.heal();
      await actor.online();
      world.clock.advance(2 * GRACE_MS);
    }
    await all(watchers, (watcher) => watcher.tellsNothing());
  });

  test('[I2] cut without a goodbye: offline after the grace, last seen at the last sign of life', async () => {
    const { world, network, server, watchers, actor } = await begin();
    world.clock.advance(60_000);
    await actor.signOfLife?.();
    const seenAt = world.clock.now();
    world.clock.advance(20_000);
    await cut(server, network);
    world.clock.advance(GRACE_MS - 2_000);
    await all(watchers, (watcher) => watcher.tellsNothing());
    world.clock.advance(2_000);
    await all(watchers, (watcher) => watcher.tellsOffline(seenAt));
    world.clock.advance(60_000);
    await all(watchers, (watcher) => watcher.tellsNothing());
  });
});

describe('a server that is stopped in good order and started on the same data', () => {
  /** Before the stop: bob left, alice is connected, carol has a lease. */
  const restart = async () => {
    const data = mkdtempSync(join(tmpdir(), 'porchlight-truth-'));
    onTestFinished(() => rmSync(data, { recursive: true, force: true }));
    const first = await startServer({ store: 'sqlite', data });
    const before = createWorld(first);
    const { clock } = first;
    const bob = await before.gateway('bob');
    bob.leave();
    const bobLeftAt = clock.now();
    const alice = await before.gateway('alice');
    await alice.heard();
    const native = await before.native('alice');
    await before.http('POST', '/api/update-online-status', 'carol', {});
    const carolSeenAt = clock.now();
    clock.advance(60_000);
    const stoppedAt = clock.now();
    await first.close();
    // The native client is told when to come back; a Socket.IO client comes back because its transport closed.
    expect(await native.next('bye')).toMatchObject({ code: 1012, retryAfterMs: expect.any(Number) });
    expect(await native.next('#close')).toEqual({ code: 1012 });
    expect(await alice.next('#disconnect')).toEqual({ reason: 'transport close' });
    before.end();
    clock.advance(5_000);
    const scene = await open('websocket', await startServer({ store: 'sqlite', data }, { clock }));
    return { ...scene, clock, bobLeftAt, carolSeenAt, stoppedAt };
  };

  test('[I2] last seen is unchanged, nobody is "just now", those who were online are recovering', async () => {
    const { world, clock, bobLeftAt, carolSeenAt, stoppedAt } = await restart();
    const viewer = await world.native('viewer');
    const [alice, bob, carol, nobody] = await viewer.get('alice', 'bob', 'carol', 'nobody');
    expect(alice).toMatchObject({ online: true, certainty: 'recovering', lastSeenAt: stoppedAt });
    expect(bob).toMatchObject({ online: false, status: 'offline' });
    expect(Math.abs((bob?.lastSeenAt ?? 0) - bobLeftAt)).toBeLessThan(500);
    // A lease needs no process to go on.
    expect(carol).toMatchObject({ online: true });
    expect(Math.abs((carol?.lastSeenAt ?? 0) - carolSeenAt)).toBeLessThan(500);
    expect(nobody).toMatchObject({ online: false, lastSeenAt: null });
    const smart = await world.root('viewer');
    const { contacts } = await smart.ask<{ contacts: object[] }>('presence:request', ['bob', 'nobody']);
    const timestamp = near(clock.now());
    expect(contacts).toEqual([
      { sessionId: 'bob', isOnline: false, lastSeen: near(bobLeftAt), timestamp },
      { sessionId: 'nobody', isOnline: false, lastSeen: null, timestamp },
    ]);
  });

  test('[I15] whoever returns within the grace never left: nobody is told anything', async () => {
    const { world, clock } = await restart();
    const watchers = await watchersOf(world, 'alice');
    clock.advance(5_000);
    await SPEAKERS['presence-gateway'].actor(world, 'alice').online();
    clock.advance(2 * GRACE_MS);
    await all(watchers, (watcher) => watcher.tellsNothing());
    const [alice] = await (await world.native('viewer')).get('alice');
    expect(alice).toMatchObject({ online: true });
    expect(alice).not.toHaveProperty('certainty');
  });

  test('whoever does not return is offline after the grace, last seen when the server stopped', async () => {
    const { world, clock, stoppedAt } = await restart();
    const watchers = await watchersOf(world, 'alice');
    clock.advance(GRACE_MS + 1_000);
    await all(watchers, (watcher) => watcher.tellsOffline(stoppedAt));
    await all(watchers, (watcher) => watcher.tellsNothing());
  });
});
