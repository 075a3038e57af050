import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { NATIVE_PATH } from '@porchlight/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Client, type StagedServer, stageServer } from '../transports/staged-client.ts';
import { UNHURRIED, worldOf } from './bystanders.ts';
import { BAD_FRAMES, frame, ODD_FRAMES, PACKETS } from './frames.ts';
import { isWhole, sendRaw, statusOf, upgrade } from './raw-http.ts';
import { RawSocketIo } from './raw-socketio.ts';

let staged: StagedServer;
let bystander: Client;
let world: string;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => void unhandled.push(error);

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  process.on('uncaughtException', onUnhandled);
  staged = await stageServer(UNHURRIED);
  await staged.join('victim');
  bystander = (await staged.join('bystander')).client;
  await bystander.ask({ type: 'watch', set: ['victim'] }, 'snapshot');
  world = await worldOf(staged);
});

// After each of them: quick, the same world, a server that answers, and nothing that nobody handled.
afterEach(async () => {
  const beganAt = performance.now();
  expect(await bystander.settled()).toEqual([]);
  expect((await fetch(`${staged.url}/api/online-users-count`)).status).toBe(200);
  expect(performance.now() - beganAt).toBeLessThan(1_000);
  expect(await worldOf(staged)).toBe(world);
  expect(unhandled).toEqual([]);
  expect(staged.lines.splice(0)).toEqual([]);
});

afterAll(async () => {
  await staged.close();
  process.off('unhandledRejection', onUnhandled);
  process.off('uncaughtException', onUnhandled);
});

const PATHS = { native: NATIVE_PATH, 'Socket.IO': '/socket.io/?EIO=4&transport=websocket' } as const;

describe.each(Object.entries(PATHS))('[S22.2] [T43] WebSocket frames to %s', (_name, path) => {
  test.each(Object.entries(BAD_FRAMES))('that are malformed end the connection: %s', async (_frame, bytes) => {
    const { text, closed } = await sendRaw(staged.url, [upgrade(path), bytes]);
    expect(statusOf(text)).toBe(101);
    expect(closed).toBe(true);
  });

  test.each(Object.entries(ODD_FRAMES))('that are odd do not: %s', async (_frame, bytes) => {
    const isSwitched = (text: string) => statusOf(text) === 101 && text.includes('\r\n\r\n');
    expect((await sendRaw(staged.url, [upgrade(path), bytes], { enough: isSwitched })).closed).toBe(false);
  });

  test('that stop in the middle are forgotten when the connection goes', async () => {
    const before = staged.server.node.gateway.admission.connectionCount;
    await sendRaw(staged.url, [upgrade(path), frame(1, 'x'.repeat(100)).subarray(0, 50)], { end: true });
    while (staged.server.node.gateway.admission.connectionCount > before) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('[S22.3] [T43] packets of Engine.IO and Socket.IO', () => {
  test.each(Object.entries(PACKETS))('%s', async (_name, [packet, expected]) => {
    const client = new RawSocketIo(staged.url, '/');
    expect(await client.connect(JSON.stringify({ token: staged.token('victim'), dialect: 'user-presence' }))).toMatch(/^40/);
    client.packets.length = 0;
    client.ws.send(packet);
    if (expected === 'closed') await client.closed;
    else {
      // It still answers.
      await client.ask('"user_activity"', '{}');
      expect(client.log.filter((each) => each.startsWith('44'))).toHaveLength(expected === 'refused' ? 1 : 0);
    }
    client.cut();
  });
});

describe('[S22.4] [T21] sizes around the limit', () => {
  const limit = () => staged.options.frameBytesMax;
  const sizes = [10, 12, 14, 15, 16, 17, 20].flatMap((power) => [2 ** power - 1, 2 ** power, 2 ** power + 1]);

  test.each(sizes)('a native frame of %i bytes', async (bytes) => {
    const { client } = await staged.join('victim');
    const head = '{"type":"get","request":"r","ids":[],"pad":"';
    client.send(`${head}${'x'.repeat(bytes - head.length - 2)}"}`);
    if (bytes > limit()) expect(await client.closed).toMatchObject({ code: 1009 });
    else expect((await client.next('presences')).request).toBe('r');
    client.cut();
  });

  test.each(sizes)('a Socket.IO packet of %i bytes', async (bytes) => {
    const client = new RawSocketIo(staged.url, '/');
    await client.connect(JSON.stringify({ token: staged.token('victim') }));
    const head = '420["user_activity","';
    const answered = client.ask('"user_activity"', JSON.stringify('x'.repeat(bytes - head.length - 2)));
    if (bytes > limit()) await expect(answered).rejects.toThrow('closed with 1009');
    else expect((await answered).events).toEqual([]);
    client.cut();
  });

  test.each(sizes)('an HTTP body of %i bytes', async (bytes) => {
    const head = '{"screen":"x","pad":"';
    const response = await fetch(`${staged.url}/api/update-online-status`, {
      method: 'POST',
      headers: { authorization: `Bearer ${staged.token('victim')}`, 'content-type': 'application/json' },
      body: `${head}${'x'.repeat(bytes - head.length - 2)}"}`,
    });
    const body = (await response.json()) as { success: boolean; error?: { code: string } };
    if (bytes > staged.options.bodyBytesMax) expect([response.status, body.error?.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    else expect([response.status, body.success]).toEqual([200, true]);
  });
});

describe('[S22.5] requests to Engine.IO', () => {
  const get = (query: string, extra = '') => `GET /socket.io/${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n${extra}\r\n`;
  const requests: Record<string, readonly [bytes: string, status: number]> = {
    'no query': [get(''), 400],
    'no transport': [get('?EIO=4'), 400],
    'an unknown transport': [get('?EIO=4&transport=pigeon'), 400],
    'transport __proto__': [get('?EIO=4&transport=__proto__'), 400],
    'transport constructor': [get('?EIO=4&transport=constructor'), 400],
    'transport twice': [get('?EIO=4&transport=polling&transport=websocket'), 400],
    'transport webtransport': [get('?EIO=4&transport=webtransport'), 400],
    'protocol 3': [get('?EIO=3&transport=polling'), 400],
    'protocol 2': [get('?EIO=2&transport=polling'), 400],
    'protocol 99': [get('?EIO=99&transport=polling'), 400],
    'an unknown session': [get('?EIO=4&transport=polling&sid=nobody'), 400],
    'session __proto__': [get('?EIO=4&transport=polling&sid=__proto__'), 400],
    'session a path': [get('?EIO=4&transport=polling&sid=..%2F..%2Fetc%2Fpasswd'), 400],
    'session empty': [get('?EIO=4&transport=polling&sid='), 200],
    'session a list': [get('?EIO=4&transport=polling&sid=a&sid=b'), 400],
    'post without session': ['POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n4', 400],
    'post to nobody': ['POST /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n4', 400],
    DELETE: ['DELETE /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    'websocket without upgrade': [get('?EIO=4&transport=websocket'), 400],
    'a foreign origin': [get('?EIO=4&transport=polling', 'Origin: https://evil.example\r\n'), 403],
    'origin null': [get('?EIO=4&transport=polling', 'Origin: null\r\n'), 403],
    'origin not a URL': [get('?EIO=4&transport=polling', 'Origin: \x01\x02\r\n'), 400],
    'origin a file': [get('?EIO=4&transport=polling', 'Origin: file://\r\n'), 403],
    'origin with the host in its path': [get('?EIO=4&transport=polling', 'Origin: http://evil.example/127.0.0.1\r\n'), 403],
    'origin with the host as user': [get('?EIO=4&transport=polling', 'Origin: http://127.0.0.1@evil.example\r\n'), 403],
  };

  test.each(Object.entries(requests))('%s', async (_name, [bytes, status]) => {
    const { text } = await sendRaw(staged.url, bytes, { enough: (each) => isWhole(each) });
    expect(statusOf(text)).toBe(status);
  });

  test.each([
    'x',
    '9',
    '4',
    '4x',
    '42',
    '42{}',
    '42["connect"]',
    'bAAAA',
    '\u001e\u001e\u001e',
    `40\u001e42["x",${'['.repeat(20)}`,
    '451-["e",{"_placeholder":true,"num":0}]',
  ])('a polled packet %j ends its session', async (packet) => {
    const opened = await fetch(`${staged.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opened.text()).slice(1));
    const session = `${staged.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    await fetch(session, { method: 'POST', body: packet, headers: { 'content-type': 'text/plain' } }).then((each) => each.text());
    let status = 200;
    for (let round = 0; round < 5 && status === 200; round += 1) {
      const response = await fetch(session);
      status = response.status;
      await response.text();
    }
    expect(status).toBe(400);
  });

  test('a polled body that is too large is refused with 413', async () => {
    const opened = await fetch(`${staged.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opened.text()).slice(1));
    const response = await fetch(`${staged.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
      method: 'POST',
      body: `4${'x'.repeat(staged.options.frameBytesMax)}`,
    }).catch(() => undefined);
    expect(response?.status ?? 413).toBe(413);
  });
});

describe('[S22.6] [T31] upgrades', () => {
  const origin = (text: string) => `Origin: ${text}\r\n`;
  const upgrades: Record<string, string> = {
    'to nowhere': upgrade('/nowhere'),
    'to the root': upgrade('/'),
    'to a route': upgrade('/api/online-users-count'),
    'to the native path with a slash': upgrade(`${NATIVE_PATH}/`),
    'to the native path in capitals': upgrade('/V1/WS'),
    'to the native path, doubled slash': upgrade('//v1/ws'),
    'to the native path, with dots': upgrade('/x/../v1/ws'),
    'to the native path as a full URL': upgrade('http://127.0.0.1/v1/ws'),
    'to Socket.IO without its slash': upgrade('/socket.io?EIO=4&transport=websocket'),
    'to Socket.IO without query': upgrade('/socket.io/'),
    'to Socket.IO, deeper': upgrade('/socket.io/x?EIO=4&transport=websocket'),
    'to Socket.IO by a longer name': upgrade('/socket.iox/?EIO=4&transport=websocket'),
    'to Socket.IO with an unknown session': upgrade('/socket.io/?EIO=4&transport=websocket&sid=nobody'),
    'to Socket.IO with protocol 3': upgrade('/socket.io/?EIO=3&transport=websocket'),
    'to Socket.IO over polling': upgrade('/socket.io/?EIO=4&transport=polling'),
    'of a POST': upgrade(NATIVE_PATH, '', 'POST'),
    'without a key': upgrade(NATIVE_PATH).replace(/Sec-WebSocket-Key: [^\r]+\r\n/, ''),
    'with a short key': upgrade(NATIVE_PATH).replace('dGhlIHNhbXBsZSBub25jZQ==', 'AAAA'),
    'with version 7': upgrade(NATIVE_PATH).replace('Version: 13', 'Version: 7'),
    'without version': upgrade(NATIVE_PATH).replace('Sec-WebSocket-Version: 13\r\n', ''),
    'to h2c': upgrade(NATIVE_PATH).replace('Upgrade: websocket', 'Upgrade: h2c'),
    'with a malformed subprotocol': upgrade(NATIVE_PATH, 'Sec-WebSocket-Protocol: ,,\r\n'),
    'from a foreign origin': upgrade(NATIVE_PATH, origin('https://evil.example')),
    'from origin null': upgrade(NATIVE_PATH, origin('null')),
    'from an empty origin': upgrade(NATIVE_PATH, origin('')),
    'from two origins': upgrade(NATIVE_PATH, origin('http://127.0.0.1, https://evil.example')),
    'from the host as a user name': upgrade(NATIVE_PATH, origin('http://127.0.0.1@evil.example')),
    'from the host as a label': upgrade(NATIVE_PATH, origin('http://127.0.0.1.evil.example')),
    'from another port': upgrade(NATIVE_PATH, origin('http://127.0.0.1:1')),
    'to Socket.IO from a foreign origin': upgrade('/socket.io/?EIO=4&transport=websocket', origin('https://evil.example')),
    'to Socket.IO from origin null': upgrade('/socket.io/?EIO=4&transport=websocket', origin('null')),
  };

  // A connection that is closed in good order ends with a close frame, which the other side has half a minute to answer.
  const isClosing = (text: string) => /\r\n\r\n(.|\n)*\x88/.test(text);

  test.each(Object.entries(upgrades))('%s is refused and closed', async (name, bytes) => {
    const { text, closed } = await sendRaw(staged.url, bytes, { enough: isClosing });
    expect(closed || isClosing(text)).toBe(true);
    if (!name.startsWith('to Socket.IO')) expect(statusOf(text)).not.toBe(101);
  });

  test.each(['to nowhere', 'to the native path with a slash', 'to Socket.IO without its slash'])(
    '%s is not found, and told so',
    async (name) => {
      const { text } = await sendRaw(staged.url, upgrades[name] as string);
      expect(statusOf(text)).toBe(404);
      expect(text).toContain('"NOT_FOUND"');
    },
  );

  test.each(['to nowhere', 'from a foreign origin'])('an upgrade %s leaves no socket to a client that does not hang up', async (name) => {
    const { hostname, port } = new URL(staged.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.resume().write(upgrades[name] as string);
    await once(socket, 'end');
    // Who writes to a socket that is gone is told so; half open, the server would take it, and say nothing.
    let failure: (Error & { code?: string }) | null | undefined;
    socket.on('error', () => undefined);
    while (failure == null) failure = await new Promise((resolve) => socket.write('still here', resolve));
    expect(['EPIPE', 'ECONNRESET']).toContain(failure.code);
  });

  test.each([
    ['a subprotocol that is not spoken', 'Sec-WebSocket-Protocol: chat', 'sec-websocket-protocol'],
    ['an extension that is not spoken, malformed', 'Sec-WebSocket-Extensions: permessage-deflate; x=99999;;', 'sec-websocket-extensions'],
  ])('%s is not agreed to', async (_name, header, answer) => {
    const { text } = await sendRaw(staged.url, upgrade(NATIVE_PATH, `${header}\r\n`), { enough: (each) => each.includes('\r\n\r\n') });
    expect(statusOf(text)).toBe(101);
    expect(text.toLowerCase()).not.toContain(answer);
  });
});

test('[S22.7] [T1] a hundred sockets that say nothing are gone after the deadline, and cost the others nothing', async () => {
  const silent = await Promise.all(Array.from({ length: 100 }, () => staged.socket()));
  staged.clock.advance(staged.options.authDeadlineMs);
  const codes = await Promise.all(silent.map(({ closed }) => closed.then(({ code }) => code)));
  expect(new Set(codes)).toEqual(new Set([4408]));
});
