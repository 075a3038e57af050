import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { PorchlightError } from '../errors.ts';
import { NativeLink } from './native-link.ts';

let server: WebSocketServer;
let client: WebSocket;
let link: NativeLink;
let frames: Record<string, unknown>[];

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
  frames = [];
  client.on('message', (data) => frames.push(JSON.parse(String(data))));
  const [[ws, request]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
  link = new NativeLink(ws, request.socket, 0);
});
afterEach(() => {
  client.terminate();
  server.close();
});

const closed = async () => (await once(client, 'close'))[0];

test('[S14.3] every frame has the next number; the changes of a flush are one frame', async () => {
  link.say([
    ['ok', { request: 'a' }],
    ['ok', {}],
  ]);
  link.tell([link.encode(['presence', { id: 'a' }]), link.encode(['presence', { id: 'b' }])], 7);
  link.close(1000);
  expect(await closed()).toBe(1000);
  expect(frames).toEqual([
    { type: 'ok', seq: 1, request: 'a' },
    { type: 'ok', seq: 2 },
    { type: 'changes', seq: 3, at: 7, presences: [{ id: 'a' }, { id: 'b' }] },
  ]);
});

test.each([
  ['ASCII', 'x'],
  ['two bytes a character', 'é'],
  ['bytes that are no characters of their own', '\x81\xff'],
  ['four bytes a character', '🏮'],
])('[S14.3] frames of every length arrive as they were said: %s', async (_what, unit) => {
  const texts = [0, 94, 95, 96, 15_900, 16_100, 65_400, 65_600].map((length) => unit.repeat(length / unit.length));
  link.say(texts.map((text) => ['ok', { text }]));
  link.close(1000);
  await closed();
  expect(frames).toEqual(texts.map((text, index) => ({ type: 'ok', seq: index + 1, text })));
});

test.each(['x', 'é', '\x81\xff', '🏮', '\ud800', '\u2028'])(
  '[S14.3] changes arrive as they were, whatever letters are in them: %j',
  async (unit) => {
    const texts = [1, 2_000, 15_900, 70_000].map((length) => unit.repeat(length / unit.length));
    const fragments = texts.map((text) => link.encode(['presence', { text }]));
    link.tell(fragments.slice(0, 2), 1);
    for (const fragment of fragments) link.tell([fragment], 2);
    link.close(1000);
    await closed();
    const presences = texts.map((text) => ({ text }));
    expect(frames.map((frame) => frame.presences)).toEqual([presences.slice(0, 2), ...presences.map((each) => [each])]);
  },
);

test('[S16.7] whoever is closed for the server’s reasons is told why, and when to come back; once', async () => {
  link.close(1012, 500);
  link.close(4008);
  expect(await closed()).toBe(1012);
  expect(frames).toMatchObject([{ type: 'bye', code: 1012, retryAfterMs: 500 }]);
});

test.each([
  ['UNAUTHENTICATED', 4401],
  ['FORBIDDEN', 4403],
  ['RATE_LIMITED', 4429],
  ['UNAVAILABLE', 1013],
  ['INVALID_PAYLOAD', 4400],
] as const)('[S16.7] a hello that is refused with %s is closed with %i', async (code, expected) => {
  link.refuseHello(new PorchlightError(code, 'Because.'));
  expect(await closed()).toBe(expected);
  expect(frames.map(({ type }) => type)).toEqual(['error', 'bye']);
});

test('[S16.7] what fails in the server says nothing of why', async () => {
  link.refuseHello(new Error('secret'));
  expect(await closed()).toBe(1013);
  expect(JSON.stringify(frames)).not.toContain('secret');
});

test('[S16.4] a link is pinged in its own time, and cut when it does not answer', async () => {
  client.pause();
  link.pingIfDue(99, 100, 50);
  link.pingIfDue(100, 100, 50);
  link.pingIfDue(149, 100, 50);
  link.heard();
  link.pingIfDue(199, 100, 50);
  link.pingIfDue(200, 100, 50);
  client.resume();
  await once(client, 'ping');
  const gone = closed();
  link.pingIfDue(250, 100, 50);
  expect(await gone).toBe(1006);
});
