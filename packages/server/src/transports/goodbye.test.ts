import { on, once } from 'node:events';
import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type World, worldOpener } from '../conformance/world.ts';

const open = worldOpener(startServer, onTestFinished);
/** Between packets of one poll (Engine.IO 4). */
const SEPARATOR = '\u001e';

const endpoint = (world: World, transport: string) => `${world.url}/socket.io/?EIO=4&transport=${transport}`;

async function watching(given?: Parameters<typeof startServer>[0]) {
  const world = await open('websocket', given);
  const watcher = await world.gateway('watcher');
  const heard = async () => (await watcher.heard('user-offline')).length;
  return { world, watcher, heard };
}

/** A bare Socket.IO client over one WebSocket. */
async function socketOf(world: World, user: string): Promise<WebSocket> {
  const socket = new WebSocket(endpoint(world, 'websocket').replace('http', 'ws'));
  onTestFinished(() => socket.terminate());
  for await (const [data] of on(socket, 'message')) {
    if (String(data).startsWith('0')) socket.send(`40/ws/messages,${JSON.stringify({ token: world.token(user) })}`);
    if (String(data).startsWith('42/ws/messages,["connected"')) break;
  }
  return socket;
}

describe('goodbyes that Socket.IO reports as a loss', () => {
  test('a WebSocket closed in good order, without the goodbye of the namespace', async () => {
    const { world, watcher } = await watching();
    (await socketOf(world, 'bob')).close(1000);
    await watcher.next('user-offline', { userId: 'bob' });
  });

  test.each([1001, 1005, 1006])('but not one that was closed with %i: that is a loss', async (code) => {
    const { world, watcher, heard } = await watching();
    const socket = await socketOf(world, 'bob');
    const closed = once(socket, 'close');
    if (code === 1006) socket.terminate();
    else if (code === 1005) socket.close();
    else socket.close(code);
    await closed;
    expect(await heard()).toBe(0);
    world.clock.advance(16_000);
    await watcher.next('user-offline', { userId: 'bob' });
  });

  test('the goodbye of the namespace and the end of the transport in one poll', async () => {
    const { world, watcher } = await watching();
    const url = endpoint(world, 'polling');
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { sid: string };
    const post = (body: string) => fetch(`${url}&sid=${sid}`, { method: 'POST', body });
    await post(`40/ws/messages,${JSON.stringify({ token: world.token('bob') })}`);
    await watcher.next('user-online', { userId: 'bob' });
    await post(`41/ws/messages,${SEPARATOR}1`);
    await watcher.next('user-offline', { userId: 'bob' });
  });
});
