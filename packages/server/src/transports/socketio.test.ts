import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RawSocketIo } from '../hostile/raw-socketio.ts';
import { type StagedServer, stageServer } from './staged-client.ts';

let staged: StagedServer;
const sockets: { disconnect(): unknown }[] = [];

beforeEach(async () => {
  staged = await stageServer();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await staged.close();
});

type Transport = 'websocket' | 'polling';

async function join(
  user: string,
  namespace = '/',
  transport: Transport = 'websocket',
  auth: Record<string, unknown> = {},
): Promise<Socket> {
  const socket = io(staged.url + namespace, {
    auth: { token: staged.token(user), ...auth },
    transports: [transport],
    forceNew: true,
    reconnection: false,
  });
  sockets.push(socket);
  await heard(socket, 'connect');
  // The user is loaded by then, and present.
  if (namespace === '/ws/messages') await socket.emitWithAck('heartbeat');
  else if (auth.dialect === 'user-status') await socket.emitWithAck('getOnlineUsers');
  return socket;
}

const heard = (socket: Socket, event: string) => new Promise<unknown>((resolve) => socket.once(event, resolve));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const until = async (holds: () => boolean) => {
  while (!holds()) await turn();
};
const isOnline = (id: string) => staged.see(id).status !== 'offline';

describe.each(['websocket', 'polling'] as const)('over %s', (transport) => {
  test('[S19.2] a client’s own disconnect is a goodbye: offline at once', async () => {
    const socket = await join('ann', '/ws/messages', transport);
    expect(isOnline('ann')).toBe(true);
    socket.disconnect();
    await until(() => !isOnline('ann'));
  });

  test('[S19.2] [I2] a link that breaks is a loss: offline after the grace', async () => {
    const socket = await join('ann', '/ws/messages', transport);
    const before = staged.server.node.gateway.connectionCount;
    if (transport === 'websocket') (socket.io.engine.transport as unknown as { ws: WebSocket & { terminate?(): void } }).ws.terminate?.();
    else staged.server.node.gateway.close([...staged.server.node.gateway.connections()][0]!, 1013);
    await until(() => staged.server.node.gateway.connectionCount < before);
    expect(isOnline('ann')).toBe(true);
    staged.clock.advance(staged.options.graceMs);
    expect(isOnline('ann')).toBe(false);
  });

  test.each([
    ['too large', () => 'x'.repeat(staged.options.frameBytesMax + 1)],
    ['binary', () => Buffer.from('bytes')],
  ])(
    '[S19.9] [T21] a packet that is %s ends the connection as a loss; the client comes back, and nobody is told',
    async (what, payload) => {
      const told: unknown[] = [];
      const watcher = await join('bob', '/ws/messages', transport);
      const client = await join('ann', '/ws/messages', transport);
      staged.clock.advance(1_000);
      await watcher.emitWithAck('heartbeat');
      watcher.onAny((...event) => told.push(event));
      const refusals: unknown[] = [];
      client.io.engine.on('error', (error) => refusals.push((error as { context?: { status?: number } }).context?.status ?? error));
      const closed = new Promise<{ reason: string; code: unknown }>((resolve) =>
        client.once('disconnect', (reason, details) =>
          resolve({ reason, code: (details as { context?: { code?: number } } | undefined)?.context?.code }),
        ),
      );
      client.emit('check-user-status', payload());
      const { reason, code } = await closed;
      expect(['transport close', 'transport error', 'parse error']).toContain(reason);
      expect(isOnline('ann')).toBe(true);
      if (what === 'too large') expect(transport === 'websocket' ? code : refusals[0]).toBe(transport === 'websocket' ? 1009 : 413);
      await until(() => staged.server.node.gateway.connectionCount === 1);
      await join('ann', '/ws/messages', transport);
      staged.clock.advance(staged.options.graceMs * 2);
      await watcher.emitWithAck('heartbeat');
      expect(told.filter((event) => JSON.stringify(event).includes('ann'))).toEqual([]);
      expect(isOnline('ann')).toBe(true);
    },
  );

  test('[S19.3] broadcasts reach everybody who may see the user, first change at once', async () => {
    const watcher = await join('bob', '/ws/messages', transport);
    staged.clock.advance(1_000);
    const told = heard(watcher, 'user-online');
    await join('ann', '/ws/messages', transport);
    staged.clock.advance(1_000);
    expect(await told).toMatchObject({ userId: 'ann', online: true });
  });
});

test('[S19.5] messages that overtake the sign-in are answered after it', async () => {
  const client = new RawSocketIo(staged.url, '/ws/messages');
  const connected = client.connect(JSON.stringify({ token: staged.token('ann') }));
  await connected;
  const { ack } = await client.ask('"check-user-status"', '{"userId":"ann"}');
  expect(ack).toMatchObject({ event: 'user-status', data: { userId: 'ann', online: true } });
  client.cut();
});

test('[S17.6] [T27] joining and leaving a namespace again and again is limited like messages', async () => {
  await staged.close();
  staged = await stageServer({ messagesBurstMax: 5, messagesPerMinuteMax: 60 });
  const client = new RawSocketIo(staged.url, '/');
  const token = JSON.stringify({ token: staged.token('ann') });
  expect(await client.connect(token)).toMatch(/^40/);
  const answers = () => client.log.filter((packet) => packet.startsWith('40') || packet.startsWith('44'));
  for (let round = 1; round < 8; round += 1) {
    client.ws.send('41');
    await until(() => staged.server.node.gateway.connectionCount === 0);
    client.ws.send(`40${token}`);
    await until(() => answers().length > round || client.ws.readyState !== client.ws.OPEN);
  }
  expect(answers().filter((packet) => packet.startsWith('40'))).toHaveLength(5);
  expect(JSON.parse(answers().at(-1)!.slice(2))).toMatchObject({ data: { code: 'RATE_LIMITED' } });
  client.cut();
});

test('[S16.2] [T5] whoever is signed out everywhere is disconnected for good, as others are lost for a while', async () => {
  const socket = await join('ann', '/ws/messages');
  const gone = heard(socket, 'disconnect');
  staged.server.node.service.step({ type: 'sign-out', tenant: 'default', user: 'ann', reason: 'signed-out' });
  expect(await gone).toBe('io server disconnect');
  const other = await join('bob', '/ws/messages');
  const lost = heard(other, 'disconnect');
  staged.server.node.gateway.close([...staged.server.node.gateway.signedIn.of({ tenant: 'default', user: 'bob' })][0]!, 4008);
  expect(await lost).toBe('transport close');
});

test('[S17.1] [T28] connections beyond the limit of an address are closed', async () => {
  await staged.close();
  staged = await stageServer({ connectionsPerAddressMax: 1, unauthenticatedPerAddressMax: 1 });
  await join('ann', '/ws/messages');
  const client = new RawSocketIo(staged.url, '/');
  expect(await client.closed).toBeGreaterThan(0);
});
