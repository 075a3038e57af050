import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket as WsSocket } from 'ws';
import { type StagedServer, stageServer } from '../../server/src/transports/staged-client.ts';
import { createPresence } from './create-presence.ts';
import { plainEnvironment, type Socket } from './environment.ts';
import { fetchOnline, fetchOnlineCount } from './online.ts';
import type { Presence } from './presence.ts';
import type { PresenceOptions } from './presence-options.ts';
import { createManualClock } from './testing/manual-clock.ts';

/*
 * Against the server itself. Its time is moved by hand; the client has this machine's, and what is waited for is waited for, not slept for.
 */

let staged: StagedServer;
const opened: Presence[] = [];

beforeEach(async () => {
  staged = await stageServer();
});

afterEach(async () => {
  for (const presence of opened.splice(0)) presence.close();
  await staged.close();
});

interface Person {
  presence: Presence;
  sockets: WsSocket[];
}

function join(user: string, options: Partial<PresenceOptions> = {}): Person {
  const sockets: WsSocket[] = [];
  const environment = plainEnvironment({
    open(url, protocol) {
      const socket = new WsSocket(url, protocol);
      sockets.push(socket);
      return socket as Socket;
    },
    random: () => 0,
  });
  const presence = createPresence({ url: staged.url, token: () => staged.token(user), environment, ...options });
  opened.push(presence);
  return { presence, sockets };
}

/** Resolves once it is so. */
function until(presence: Presence, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (isSo()) return resolve();
    const stop = presence.subscribe(() => {
      if (!isSo()) return;
      stop();
      resolve();
    });
  });
}

const open = ({ presence }: Person) => until(presence, () => presence.connection.name === 'open');

test('two people see each other come, change and go', async () => {
  const bob = join('bob');
  const seen: unknown[] = [];
  bob.presence.watch(['alice'], () => seen.push(bob.presence.get('alice')?.status));
  await until(bob.presence, () => bob.presence.get('alice') !== undefined);
  const alice = join('alice');
  await until(bob.presence, () => bob.presence.get('alice')?.online === true);
  expect(bob.presence.get('alice')).toMatchObject({ status: 'online', platforms: ['node'] });
  await alice.presence.setStatus('dnd', { text: 'in a call' });
  // What follows within 100 ms is told together.
  staged.clock.advance(100);
  await until(bob.presence, () => bob.presence.get('alice')?.text === 'in a call');
  expect(bob.presence.get('alice')?.status).toBe('dnd');
  alice.presence.signOut();
  // The server hears of it before it hears of this.
  const { presence } = join('carol');
  await presence.fetch(['alice']);
  staged.clock.advance(100);
  await until(bob.presence, () => bob.presence.get('alice')?.online === false);
  expect(bob.presence.get('alice')?.lastSeenAt).toBeLessThanOrEqual(staged.clock.now());
  expect(seen).toEqual(['offline', 'online', 'dnd', 'offline']);
});

test('a broken link is resumed: nobody sees it, and what changed meanwhile follows', async () => {
  const bob = join('bob');
  const alice = join('alice');
  await Promise.all([open(alice), open(bob)]);
  const seen: unknown[] = [];
  bob.presence.watch(['alice'], () => seen.push(bob.presence.get('alice')?.status));
  alice.presence.watch(['bob']);
  await until(alice.presence, () => alice.presence.get('bob')?.online === true);
  alice.sockets[0]?.terminate();
  await until(alice.presence, () => alice.presence.connection.name === 'waiting');
  await bob.presence.setStatus('busy');
  await open(alice);
  await until(alice.presence, () => alice.presence.get('bob')?.status === 'busy');
  staged.clock.advance(60_000);
  expect(staged.see('alice').status).toBe('online');
  expect(seen).toEqual(['online']);
  expect(alice.sockets).toHaveLength(2);
});

test('watches more than fit into one question, and gives them up again', async () => {
  await staged.close();
  staged = await stageServer({ idsMax: 100 });
  const bob = join('bob');
  await open(bob);
  const ids = Array.from({ length: 250 }, (_, index) => `user-${index}`);
  const stop = bob.presence.watch(ids);
  await until(bob.presence, () => bob.presence.all().size === ids.length);
  expect(bob.presence.get('user-7')).toEqual({ id: 'user-7', online: false, status: 'offline', lastSeenAt: null, version: 0 });
  stop();
  await until(bob.presence, () => bob.presence.all().size === 0);
});

test('a token is renewed on the open connection, and the server goes by the new one', async () => {
  const clock = createManualClock();
  const alice = join('alice', { clock, token: () => staged.token('alice', 60_000) });
  await open(alice);
  staged.clock.advance(48_000);
  await clock.advance(48_000);
  await alice.presence.fetch(['alice']);
  staged.clock.advance(30_000);
  await alice.presence.fetch(['alice']);
  expect(alice.presence.connection.name).toBe('open');
  expect(alice.sockets).toHaveLength(1);
});

test('a refused token closes for good when there is no other', async () => {
  const alice = join('alice', { token: 'not a token' });
  await until(alice.presence, () => alice.presence.connection.name === 'closed');
  expect(alice.presence.connection).toMatchObject({ failure: { code: 'UNAUTHENTICATED', retry: 'signed-in' } });
});

test('reads who is online, and how many', async () => {
  const alice = join('alice');
  const bob = join('bob', { watchOnly: true });
  await Promise.all([open(alice), open(bob)]);
  expect(await fetchOnlineCount(bob.presence)).toBe(1);
  expect(await fetchOnline(bob.presence, { limit: 10 })).toMatchObject({ users: [{ id: 'alice', online: true }], count: 1 });
  await expect(fetchOnline(bob.presence, { limit: 0 })).rejects.toMatchObject({ code: 'INVALID_PAYLOAD', retry: 'changed' });
});

test('has the server’s time, which is not this machine’s', async () => {
  const alice = join('alice');
  await open(alice);
  expect(Math.abs(alice.presence.now() - staged.clock.now())).toBeLessThan(5_000);
});

test('works with the WebSocket of Node itself', async () => {
  const presence = createPresence({ url: staged.url, token: staged.token('alice') });
  opened.push(presence);
  await until(presence, () => presence.connection.name === 'open');
  expect(presence.userId).toBe('alice');
  expect(staged.see('alice').status).toBe('online');
});
