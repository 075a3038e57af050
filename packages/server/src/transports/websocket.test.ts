import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { CLOSE_CODES, NATIVE_PATH, type PresenceRecord, SUBPROTOCOL } from '@porchlight/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createMemoryStore } from '../stores/memory.ts';
import type { Store } from '../stores/store.ts';
import { type Client, type Frame, type StagedServer, stageServer } from './staged-client.ts';

let staged: StagedServer;
const stages: StagedServer[] = [];
const start = async (...parts: Parameters<typeof stageServer>) => {
  staged = await stageServer(...parts);
  stages.push(staged);
};

beforeEach(() => start());
afterEach(async () => {
  for (const each of stages.splice(0)) {
    expect(each.lines).toEqual([]);
    await each.close();
  }
});

const presences = (frame: Frame) => frame.presences as PresenceRecord[];
const ids = (count: number, prefix = 'u') => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const statuses = (frame: Frame) => presences(frame).map(({ id, status }) => `${id} ${status}`);

/** The HTTP status with which an upgrade is refused. */
async function refusedUpgrade(headers: Record<string, string> = {}): Promise<number> {
  const upgrading = request(staged.url + NATIVE_PATH, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': SUBPROTOCOL,
      ...headers,
    },
  });
  upgrading.end();
  const [response] = await once(upgrading, 'response');
  return response.statusCode;
}

async function refusedHello(hello: unknown): Promise<{ code: number; error: Frame; bye: Frame }> {
  const client = await staged.socket();
  client.send(hello);
  const { code } = await client.closed;
  return { code, error: client.frames[0] as Frame, bye: client.frames.at(-1) as Frame };
}

describe('hello', () => {
  test('[S13.1] is answered by a welcome that says who, when, which memory, and every threshold and limit', async () => {
    const { client, welcome } = await staged.join('ann');
    const { options } = staged;
    expect(welcome).toEqual({
      type: 'welcome',
      seq: 1,
      session: expect.stringMatching(/^[\w-]{24}$/),
      user: 'ann',
      now: staged.clock.now(),
      epoch: staged.server.node.incarnation,
      resumed: false,
      thresholds: { awayAfterMs: options.awayAfterMs, graceMs: options.graceMs, pingMs: options.pingIntervalMs, flushMs: options.flushMs },
      limits: { frameBytesMax: options.frameBytesMax, idsMax: options.idsMax, watchesMax: options.watchesPerConnectionMax },
    });
    expect(client.ws.protocol).toBe(SUBPROTOCOL);
    expect(staged.see('ann').status).toBe('online');
  });

  test('[S13.2] anything else as the first frame is refused with its reason, and closed with 4400', async () => {
    for (const hello of [
      '',
      'hello',
      '[]',
      'null',
      '7',
      '"hello"',
      '{}',
      '{"type":"watch","set":[]}',
      '{"type":"hello","token":7}',
      Buffer.from('{"type":"hello"}'),
    ]) {
      const { code, error, bye } = await refusedHello(hello);
      expect([code, error.type, error.code, error.retry], String(hello)).toEqual([4400, 'error', 'INVALID_PAYLOAD', 'changed']);
      expect(bye).toMatchObject({ type: 'bye', code: 4400, message: CLOSE_CODES[4400].message });
    }
  });

  test('[S13.3] no token, or one that is not valid, is UNAUTHENTICATED and closed with 4401', async () => {
    const ended = staged.token('ann', 1_000);
    staged.clock.advance(2_000);
    for (const token of [undefined, '', 'x', staged.token('ann').slice(0, -2), ended]) {
      const { code, error } = await refusedHello({ type: 'hello', ...(token === undefined ? null : { token }) });
      expect([code, error.code, error.retry]).toEqual([4401, 'UNAUTHENTICATED', 'signed-in']);
    }
    expect(staged.server.node.gateway.connectionCount).toBe(0);
  });

  test('[S13.3] in jwt mode nobody becomes somebody by saying so', async () => {
    expect((await refusedHello({ type: 'hello', userId: 'ann' })).code).toBe(4401);
    const { welcome } = await staged.join('ann', { userId: 'bob' });
    expect(welcome.user).toBe('ann');
  });

  test('[S13.3] [T24] in open mode an id is believed, but must be one', async () => {
    await start({ auth: 'open' });
    const client = await staged.socket();
    client.send({ type: 'hello', userId: 'ann' });
    expect((await client.next('welcome')).user).toBe('ann');
    for (const userId of ['', 'a\0b', '\u202eann', 'x'.repeat(129), 'e\u0301'])
      expect((await refusedHello({ type: 'hello', userId })).code).toBe(4400);
  });

  test('[S13.4] [T1] whoever has not said hello in time is closed with 4408', async () => {
    const client = await staged.socket();
    staged.clock.advance(staged.options.authDeadlineMs - 1);
    expect(client.ws.readyState).toBe(WebSocket.OPEN);
    staged.clock.advance(1);
    expect(await client.closed).toMatchObject({ code: 4408 });
  });

  test('[S13.5] [T31] an origin that is neither the server’s nor allowed is refused before the upgrade', async () => {
    for (const origin of ['https://evil.example', 'null', 'file://', `http://evil.example#${staged.url}`, `${staged.url}.evil.example`])
      expect(await refusedUpgrade({ origin }), origin).toBe(403);
    const own = await staged.socket({ origin: staged.url });
    expect(own.ws.readyState).toBe(WebSocket.OPEN);
    await start({ corsOrigins: ['https://app.example'] });
    expect((await staged.socket({ origin: 'https://app.example' })).ws.readyState).toBe(WebSocket.OPEN);
    expect(await refusedUpgrade({ origin: 'https://app.example.evil' })).toBe(403);
  });

  test('[S13.6] frames that overtake the welcome are answered after it, in order', async () => {
    const client = await staged.socket();
    client.send({ type: 'hello', token: staged.token('ann') });
    client.send({ type: 'get', request: 'a', ids: ['x'] });
    client.send({ type: 'watch', request: 'b', add: ['x'] });
    await client.next('snapshot');
    expect(client.frames.map(({ type }) => type)).toEqual(['welcome', 'presences']);
  });

  test('[S13.7] a watcher that is not to be shown is not present', async () => {
    const { client } = await staged.join('ann', { watchOnly: true });
    expect(staged.see('ann').status).toBe('offline');
    expect(statuses(await client.ask({ type: 'watch', set: ['bob'] }, 'snapshot'))).toEqual(['bob offline']);
    await staged.join('bob');
    expect(statuses(await client.next('changes'))).toEqual(['bob online']);
  });

  test('[S13.8] the token may come with the upgrade: bearer, query', async () => {
    const token = staged.token('ann');
    const bearer = await staged.socket({ headers: { authorization: `Bearer ${token}` } });
    bearer.send({ type: 'hello' });
    expect((await bearer.next('welcome')).user).toBe('ann');
    const ws = new WebSocket(`${staged.url.replace('http', 'ws')}${NATIVE_PATH}?token=${token}`, SUBPROTOCOL);
    await once(ws, 'open');
    ws.send('{"type":"hello"}');
    const [data] = await once(ws, 'message');
    expect(JSON.parse(String(data))).toMatchObject({ type: 'welcome', user: 'ann' });
    ws.terminate();
  });

  test('[S13.9] whoever goes while being signed in is not left present', async () => {
    const release: (() => void)[] = [];
    const memory = createMemoryStore();
    const store: Store = {
      ...memory,
      load: async (tenant, users) => {
        await new Promise<void>((resolve) => release.push(resolve));
        return memory.load(tenant, users);
      },
    };
    await start({}, { store });
    const client = await staged.socket();
    client.send({ type: 'hello', token: staged.token('ann') });
    while (release.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.cut();
    while (staged.server.node.gateway.admission.connectionCount > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const each of release) each();
    while (staged.server.node.service.engine.sessionCount === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    staged.clock.advance(staged.options.graceMs);
    expect(staged.see('ann').status).toBe('offline');
  });
});

describe('frames', () => {
  let client: Client;
  beforeEach(async () => {
    client = (await staged.join('ann')).client;
  });

  test('[S14.1] watch: a snapshot of what is new, then every change; set replaces, add and remove change', async () => {
    const bob = await staged.join('bob');
    const first = await client.ask({ type: 'watch', request: 'w1', set: ['bob', 'cara'] }, 'snapshot');
    expect(first).toMatchObject({ request: 'w1', begin: true, end: true, at: staged.clock.now() });
    expect(statuses(first)).toEqual(['bob online', 'cara offline']);
    expect(presences(first)[1]).toEqual({ id: 'cara', online: false, status: 'offline', lastSeenAt: null, version: 0 });

    expect(statuses(await client.ask({ type: 'watch', add: ['dan'] }, 'snapshot'))).toEqual(['dan offline']);
    await staged.join('dan');
    expect(statuses(await client.next('changes'))).toEqual(['dan online']);
    await client.ask({ type: 'watch', remove: ['bob'] }, 'snapshot');
    await client.ask({ type: 'watch', set: ['cara'] }, 'snapshot');
    await bob.client.ask({ type: 'status', availability: 'busy' }, 'ok');
    staged.clock.advance(1_000);
    expect(await client.settled()).toEqual([]);
    await staged.join('cara');
    expect(statuses(await client.next('changes'))).toEqual(['cara online']);
  });

  test('[S14.2] a snapshot comes in pages of at most a hundred, the first with begin, the last with end', async () => {
    client.send({ type: 'watch', request: 'w', set: ids(250) });
    const pages = [await client.next('snapshot'), await client.next('snapshot'), await client.next('snapshot')];
    expect(pages.map(({ begin, end, request }) => [begin, end, request])).toEqual([
      [true, undefined, 'w'],
      [undefined, undefined, 'w'],
      [undefined, true, 'w'],
    ]);
    expect(pages.flatMap((page) => presences(page).map(({ id }) => id))).toEqual(ids(250));
    expect(await client.ask({ type: 'watch', set: [] }, 'snapshot')).toMatchObject({ begin: true, end: true, presences: [] });
  });

  test('[S14.3] [I4] frames of a session are counted from 1 without a gap', async () => {
    const { client: other, welcome } = await staged.join('bob');
    other.send({ type: 'watch', set: ['ann', 'cara'] });
    other.send({ type: 'nonsense' });
    other.send({ type: 'get', request: 'g', ids: ['ann'] });
    await staged.join('cara');
    await other.next('changes').then((frame) => other.frames.push(frame));
    await other.next('presences').then((frame) => other.frames.push(frame));
    const seqs = [welcome, ...other.frames].map(({ seq }) => seq).sort((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  test('[S14.4] get answers once, in the order asked, and watches nobody', async () => {
    const answer = await client.ask({ type: 'get', request: 'g1', ids: ['zoe', 'ann', 'zoe'] }, 'presences');
    expect(answer.request).toBe('g1');
    expect(statuses(answer)).toEqual(['zoe offline', 'ann online', 'zoe offline']);
    expect(staged.server.node.watches.size).toBe(0);
  });

  test('[S14.5] status is shown at once, answered once it is stored, and ends by itself', async () => {
    const { client: viewer } = await staged.join('bob');
    await viewer.ask({ type: 'watch', set: ['ann'] }, 'snapshot');
    expect(await client.ask({ type: 'status', request: 's', availability: 'dnd', text: 'call', forMs: 60_000 }, 'ok')).toMatchObject({
      request: 's',
    });
    expect(presences(await viewer.next('changes'))).toMatchObject([{ status: 'dnd', text: 'call' }]);
    const [stored] = await staged.server.node.parts.store.load('default', ['ann']);
    expect(stored).toMatchObject({ availability: 'dnd', text: 'call', availabilityUntilAt: staged.clock.now() + 60_000 });
    staged.clock.advance(60_000);
    const [record] = presences(await viewer.next('changes'));
    expect(record).toMatchObject({ status: 'online' });
    expect(record).not.toHaveProperty('text');
  });

  test('[S14.6] activity says how long nobody has touched anything, and whether the page is in front', async () => {
    client.send({ type: 'activity', idleMs: staged.options.awayAfterMs, background: false });
    await client.settled();
    expect(staged.see('ann').status).toBe('online');
    client.send({ type: 'activity', idleMs: 0, background: true, screen: 'inbox' });
    await client.settled();
    expect(staged.see('ann').status).toBe('away');
    client.send({ type: 'activity', idleMs: 0, background: false });
    await client.settled();
    expect(staged.see('ann').status).toBe('online');
  });

  test('[S14.7] show hides the session without leaving, and brings it back', async () => {
    await client.ask({ type: 'show', request: 'h', shown: false }, 'ok');
    expect(staged.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: staged.clock.now() });
    await client.ask({ type: 'show', shown: true }, 'ok');
    expect(staged.see('ann').status).toBe('online');
  });

  test('[S14.8] pace asks to be told of changes less often', async () => {
    const { client: viewer } = await staged.join('bob');
    await viewer.ask({ type: 'watch', set: ['ann'] }, 'snapshot');
    viewer.send({ type: 'pace', flushMs: 10_000 });
    await viewer.settled();
    await client.ask({ type: 'status', availability: 'busy' }, 'ok');
    await viewer.next('changes');
    await client.ask({ type: 'status', availability: 'dnd' }, 'ok');
    staged.clock.advance(5_000);
    expect(await viewer.settled()).toEqual([]);
    staged.clock.advance(5_100);
    expect(statuses(await viewer.next('changes'))).toEqual(['ann dnd']);
  });

  test('[S14.9] a new token prolongs the connection; another user’s, or a bad one, changes nothing', async () => {
    const short = (await staged.join('ann', { token: staged.token('ann', 10_000) })).client;
    expect(await short.ask({ type: 'token', request: 't1', token: staged.token('bob') }, 'error')).toMatchObject({
      code: 'FORBIDDEN',
      request: 't1',
    });
    expect(await short.ask({ type: 'token', request: 't2', token: 'x' }, 'error')).toMatchObject({
      code: 'UNAUTHENTICATED',
      request: 't2',
    });
    const foreign = staged.token('ann', 60_000, 'other');
    expect(await short.ask({ type: 'token', request: 't3', token: foreign }, 'error')).toMatchObject({ code: 'FORBIDDEN' });
    expect(await short.ask({ type: 'token', request: 't4', token: staged.token('ann', 60_000) }, 'ok')).toMatchObject({ request: 't4' });
    staged.clock.advance(30_000);
    expect(await short.settled()).toEqual([]);
    staged.clock.advance(31_000);
    expect(await short.closed).toMatchObject({ code: 4401 });
  });

  test('[S14.10] closing shortens the grace for the link that breaks next', async () => {
    client.send({ type: 'closing' });
    await client.settled();
    client.cut();
    await client.closed;
    while (staged.server.node.gateway.admission.connectionCount > 0) await new Promise((resolve) => setImmediate(resolve));
    staged.clock.advance(staged.options.closingGraceMs - 1);
    expect(staged.see('ann').status).toBe('online');
    staged.clock.advance(1);
    expect(staged.see('ann').status).toBe('offline');
  });

  test('[S14.11] leave ends the session at once and closes with 1000; so does a client that closes with 1000', async () => {
    client.send({ type: 'leave' });
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(staged.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: staged.clock.now() });
    const { client: bob } = await staged.join('bob');
    bob.ws.close(1000);
    await bob.closed;
    expect(staged.see('bob').status).toBe('offline');
  });

  test('[S14.12] a page is asked for a sign of life; one that does not answer becomes away, its next pong brings it back', async () => {
    // The server's pings prove a browser only; `ws` answers them by itself.
    await start({ awayAfterMs: 86_400_000 });
    const { client: page } = await staged.join('ann');
    staged.clock.advance(staged.options.signOfLifeMs);
    expect(await page.next('ping')).toMatchObject({ now: staged.clock.now() });
    staged.clock.advance(30_000);
    expect(staged.see('ann').status).toBe('away');
    page.send({ type: 'pong' });
    await page.settled();
    expect(staged.see('ann').status).toBe('online');
  });

  test('[S14.13] a refused frame is told with its request, and nothing else happens: the connection stays', async () => {
    for (const [frame, code] of [
      ['rubbish', 'INVALID_PAYLOAD'],
      ['[1]', 'INVALID_PAYLOAD'],
      [Buffer.from([1, 2, 3]), 'INVALID_PAYLOAD'],
      [{ type: 7 }, 'INVALID_PAYLOAD'],
      [{ type: 'hello', token: staged.token('bob') }, 'INVALID_PAYLOAD'],
      [{ type: 'watch', request: 'r', set: 'bob' }, 'INVALID_PAYLOAD'],
      [{ type: 'watch', request: 'r', set: ids(1_001) }, 'TOO_MANY_IDS'],
      [{ type: 'get', ids: [] }, 'INVALID_PAYLOAD'],
      [{ type: 'get', request: 'x'.repeat(65), ids: [] }, 'INVALID_PAYLOAD'],
      [{ type: 'activity', idleMs: -1 }, 'INVALID_PAYLOAD'],
      [{ type: 'status', availability: 'sleepy' }, 'INVALID_PAYLOAD'],
      [{ type: 'status', availability: 'busy', forMs: 1e300 }, 'INVALID_PAYLOAD'],
      ['{"type":"status","availability":"busy","forMs":1e999}', 'INVALID_PAYLOAD'],
    ] as const) {
      client.send(frame);
      const error = await client.next('error');
      expect(error.code, String(frame)).toBe(code);
      if (typeof frame === 'object' && 'request' in frame && frame.request === 'r') expect(error.request).toBe('r');
    }
    expect(staged.see('ann').status).toBe('online');
    expect(staged.server.node.watches.size).toBe(0);
  });

  test('[S14.14] nor does one that is refused because so many were asked about before', async () => {
    await start({ watchesPerConnectionMax: 10, idsMax: 10, idsBurstMax: 12 });
    const { client: viewer } = await staged.join('bob');
    await viewer.ask({ type: 'watch', set: ids(4) }, 'snapshot');
    expect(await viewer.ask({ type: 'watch', set: ids(10, 'v') }, 'error')).toMatchObject({ code: 'RATE_LIMITED' });
    expect(staged.server.node.watches.size).toBe(4);
    await staged.join('u0');
    expect(statuses(await viewer.next('changes'))).toEqual(['u0 online']);
  });

  test.each([
    ['rubbish', 'This is not JSON.'],
    ['[1]', 'A frame is a JSON object with a "type".'],
    ['{"type":"getaway"}', 'There is no such event.'],
    ['{"type":"watch","set":"bob"}', 'set: expected an array'],
    [`{"type":${'['.repeat(9)}${']'.repeat(9)}}`, 'The JSON nests deeper than 8 levels.'],
  ])('[S14.13] a refused frame is told what is wrong with it: %s', async (frame, message) => {
    client.send(frame);
    expect(await client.next('error')).toMatchObject({ code: 'INVALID_PAYLOAD', message });
  });

  test('[S14.14] a watch that is refused changes nothing, not even what it would have removed', async () => {
    await start({ watchesPerConnectionMax: 10 });
    const { client: viewer } = await staged.join('bob');
    await viewer.ask({ type: 'watch', set: ['ann', 'cara'] }, 'snapshot');
    expect(await viewer.ask({ type: 'watch', request: 'r', set: ids(11) }, 'error')).toMatchObject({ code: 'TOO_MANY_IDS', request: 'r' });
    expect(staged.server.node.watches.size).toBe(2);
    await staged.join('ann');
    expect(statuses(await viewer.next('changes'))).toEqual(['ann online']);
    // What is replaced makes room for what replaces it.
    await viewer.ask({ type: 'watch', set: ids(10) }, 'snapshot');
    await viewer.ask({ type: 'watch', set: ids(10, 'v') }, 'snapshot');
    expect(staged.server.node.watches.size).toBe(10);
    expect(await viewer.ask({ type: 'watch', add: ['one more'] }, 'error')).toMatchObject({ code: 'TOO_MANY_IDS' });
    await viewer.ask({ type: 'watch', add: ['one more'], remove: ['v0'] }, 'snapshot');
    expect(staged.server.node.watches.size).toBe(10);
  });
});

describe('resuming', () => {
  async function watching() {
    const { client, welcome } = await staged.join('ann');
    const snapshot = await client.ask({ type: 'watch', set: ['bob', 'cara'] }, 'snapshot');
    return { client, session: welcome.session as string, seq: snapshot.seq };
  }
  const broken = async (client: Client) => {
    const before = staged.server.node.gateway.admission.connectionCount;
    client.cut();
    while (staged.server.node.gateway.admission.connectionCount >= before) await new Promise((resolve) => setImmediate(resolve));
  };
  const back = async (session: string, seq: number, token = staged.token('ann')) => {
    const client = await staged.socket();
    client.send({ type: 'hello', token, resume: { session, seq } });
    return { client, welcome: await client.next('welcome') };
  };

  test('[S15.1] in its grace a session goes on: its watches stand, only what changed follows, nobody was told', async () => {
    const { client: viewer } = await staged.join('viewer');
    await viewer.ask({ type: 'watch', set: ['ann'] }, 'snapshot');
    const { client, session, seq } = await watching();
    await viewer.settled();
    await broken(client);
    await staged.join('bob');
    const { client: again, welcome } = await back(session, seq);
    expect(welcome).toMatchObject({ resumed: true, seq: seq + 1 });
    expect(welcome.session).not.toBe(session);
    expect(statuses(await again.next('changes'))).toEqual(['bob online']);
    expect(await again.settled()).toEqual([]);
    await staged.join('cara');
    staged.clock.advance(1_000);
    expect(statuses(await again.next('changes'))).toEqual(['cara online']);
    staged.clock.advance(staged.options.graceMs * 2);
    expect(await viewer.settled()).toEqual([]);
    expect(staged.see('ann').status).toBe('online');
  });

  test('[S15.2] a client that missed frames is told everything again', async () => {
    const { client, session, seq } = await watching();
    await staged.join('bob');
    await client.next('changes');
    await broken(client);
    const { client: again, welcome } = await back(session, seq);
    expect(welcome.resumed).toBe(true);
    expect(statuses(await again.next('snapshot')).sort()).toEqual(['bob online', 'cara offline']);
    expect(await again.settled()).toEqual([]);
  });

  test('[S15.3] [T7] the name of a session is a secret that works once', async () => {
    const { client, session, seq } = await watching();
    await broken(client);
    expect((await back(session, seq)).welcome.resumed).toBe(true);
    const second = await back(session, seq);
    expect(second.welcome).toMatchObject({ resumed: false, seq: 1 });
  });

  test('[S15.4] [T7] [T17] another user gains nothing from it: no watches, no numbers of the session', async () => {
    const { client, session, seq } = await watching();
    await broken(client);
    const { client: thief, welcome } = await back(session, seq, staged.token('eve'));
    expect(welcome).toMatchObject({ resumed: false, user: 'eve', seq: 1 });
    await staged.join('bob');
    staged.clock.advance(1_000);
    expect(await thief.settled()).toEqual([]);
    expect((await back(session, seq, staged.token('ann', 60_000, 'other'))).welcome.resumed).toBe(false);
  });

  test('[S15.5] after the grace, or after leaving, there is nothing to resume', async () => {
    const { client, session, seq } = await watching();
    await broken(client);
    staged.clock.advance(staged.options.graceMs);
    expect((await back(session, seq)).welcome).toMatchObject({ resumed: false, seq: 1 });
    const second = await watching();
    second.client.send({ type: 'leave' });
    await second.client.closed;
    expect((await back(second.session, second.seq)).welcome.resumed).toBe(false);
    expect((await back('made-up', 3)).welcome.resumed).toBe(false);
  });

  test('[S15.6] a link that is still open is let go when its session comes back on another', async () => {
    const { client, session, seq } = await watching();
    const { welcome } = await back(session, seq);
    expect(welcome.resumed).toBe(true);
    expect(await client.closed).toMatchObject({ code: 4409 });
    expect(await client.next('bye')).toMatchObject({ code: 4409, message: CLOSE_CODES[4409].message });
    expect(staged.see('ann').status).toBe('online');
    expect(staged.server.node.service.engine.sessionCount).toBe(1);
    staged.clock.advance(staged.options.graceMs * 2);
    expect(staged.see('ann').status).toBe('online');
  });

  test('[S1.5] without a resume the same device still takes its lost session’s place', async () => {
    const { client } = await staged.join('ann', { deviceId: 'phone' });
    await broken(client);
    await staged.join('ann', { deviceId: 'phone' });
    expect(staged.server.node.service.engine.sessionCount).toBe(1);
  });
});

describe('ends', () => {
  test('[S16.2] [T5] whoever is signed out everywhere is closed with 4403, also where only watching', async () => {
    const { client } = await staged.join('ann');
    const { client: watcher } = await staged.join('ann', { watchOnly: true });
    staged.server.node.service.step({ type: 'sign-out', tenant: 'default', user: 'ann', reason: 'signed-out' });
    staged.server.node.gateway.closeUser('default', 'ann', 4403);
    expect(await client.closed).toMatchObject({ code: 4403 });
    expect(client.frames.at(-1)).toMatchObject({ type: 'bye', code: 4403 });
    expect(await watcher.closed).toMatchObject({ code: 4403 });
    expect(staged.see('ann').status).toBe('offline');
  });

  test('[S16.3] [T21] a frame that is too large is closed with 1009, one byte less is not', async () => {
    const { client } = await staged.join('ann');
    const sized = (bytes: number) =>
      JSON.stringify({ type: 'get', request: 'r', ids: [], pad: '' }).replace('""', `"${'x'.repeat(bytes - 46)}"`);
    expect(Buffer.byteLength(sized(staged.options.frameBytesMax))).toBe(staged.options.frameBytesMax);
    client.send(sized(staged.options.frameBytesMax));
    await client.next('presences');
    client.send(sized(staged.options.frameBytesMax + 1));
    expect(await client.closed).toMatchObject({ code: 1009 });
  });

  test('[S16.4] a link that does not answer pings is cut, and its user lost', async () => {
    await start({ pingIntervalMs: 15_000, pingTimeoutMs: 10_000 });
    const { client } = await staged.join('ann');
    client.ws.pause();
    staged.clock.advance(staged.options.pingIntervalMs + staged.options.pingTimeoutMs + 2_000);
    while (staged.server.node.gateway.admission.connectionCount > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(staged.see('ann').status).toBe('online');
    staged.clock.advance(staged.options.graceMs);
    expect(staged.see('ann')).toMatchObject({ status: 'offline', lastSeenAt: staged.clock.now() - staged.options.graceMs - 27_000 });
    client.ws.resume();
  });

  test('[S16.8] a ping is answered with its own bytes', async () => {
    const { client } = await staged.join('ann');
    client.ws.ping('are you there');
    expect(String((await once(client.ws, 'pong'))[0])).toBe('are you there');
  });

  test('[S16.8] whoever floods with pings and reads no answer is cut', { timeout: 20_000 }, async () => {
    const { client } = await staged.join('ann');
    client.ws.pause();
    const pings = Buffer.concat(Array.from({ length: 4_000 }, () => maskedPing(125)));
    const socket = (client.ws as unknown as { _socket: Socket })._socket;
    socket.on('error', () => {});
    while (staged.server.node.gateway.admission.connectionCount > 0) {
      if (socket.writableLength < pings.length) socket.write(pings);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(staged.see('ann').status).toBe('online');
    client.ws.resume();
  });

  test('[S16.5] [S4.4] a pong is a sign of life: last seen moves with it', async () => {
    const { client } = await staged.join('ann');
    staged.clock.advance(staged.options.pingIntervalMs + 1_000);
    await once(client.ws, 'ping');
    await client.settled();
    expect(staged.see('ann').lastSeenAt).toBe(staged.clock.now());
  });

  test('[S16.6] [I15] a server that stops says goodbye with 1012 and when to come back, and nobody is told anything', async () => {
    const { client } = await staged.join('ann');
    const { client: viewer } = await staged.join('bob');
    await viewer.ask({ type: 'watch', set: ['ann'] }, 'snapshot');
    await staged.server.close();
    for (const each of [client, viewer]) {
      await each.closed;
      const bye = each.frames.at(-1);
      expect(bye).toMatchObject({ type: 'bye', code: 1012 });
      expect(bye?.retryAfterMs).toBeGreaterThanOrEqual(0);
      expect(bye?.retryAfterMs).toBeLessThan(5_000);
    }
    expect(viewer.frames.filter(({ type }) => type === 'changes')).toEqual([]);
  });
});

describe('limits', () => {
  test('[S17.1] [T28] connections an address, and such as have not signed in, are refused with 429 before the upgrade', async () => {
    await start({ unauthenticatedPerAddressMax: 3, connectionsPerAddressMax: 5 });
    const waiting = [await staged.socket(), await staged.socket(), await staged.socket()];
    expect(await refusedUpgrade()).toBe(429);
    for (const client of waiting) await client.ask({ type: 'hello', token: staged.token('ann') }, 'welcome');
    await staged.socket();
    await staged.socket();
    expect(await refusedUpgrade()).toBe(429);
  });

  test('[S17.1] connections of the process are refused with 503, arrivals too quick with 429', async () => {
    await start({ connectionsMax: 1, connectionsPerUserMax: 1, connectionsPerAddressMax: 1, unauthenticatedPerAddressMax: 1 });
    const first = await staged.socket();
    expect(await refusedUpgrade()).toBe(503);
    first.cut();
    await start({ connectsBurstMax: 2, connectsPerMinuteMax: 60 });
    await staged.socket();
    await staged.socket();
    expect(await refusedUpgrade()).toBe(429);
    staged.clock.advance(1_000);
    await staged.socket();
  });

  test('[S17.2] one connection too many of a user is closed with 4429 and a time', async () => {
    await start({ connectionsPerUserMax: 2 });
    await staged.join('ann');
    await staged.join('ann');
    const { code, error, bye } = await refusedHello({ type: 'hello', token: staged.token('ann') });
    expect([code, error.code, error.retry]).toEqual([4429, 'RATE_LIMITED', 'later']);
    expect(bye.retryAfterMs).toBeGreaterThan(0);
    await staged.join('bob');
  });

  test('[S17.3] [T26] watches of all connections of a user together are limited', async () => {
    await start({ watchesPerUserMax: 15, watchesPerConnectionMax: 10 });
    const { client } = await staged.join('ann');
    const { client: other } = await staged.join('ann');
    await client.ask({ type: 'watch', set: ids(10) }, 'snapshot');
    expect(await other.ask({ type: 'watch', set: ids(6) }, 'error')).toMatchObject({ code: 'TOO_MANY_IDS' });
    await other.ask({ type: 'watch', set: ids(5) }, 'snapshot');
  });

  test('[S17.4] [T27] messages, changes and ids beyond their rates are RATE_LIMITED, with a time after which they are not', async () => {
    await start({
      changesBurstMax: 2,
      changesPerMinuteMax: 60,
      idsMax: 20,
      watchesPerConnectionMax: 20,
      idsBurstMax: 20,
      idsPerMinuteMax: 60,
      messagesBurstMax: 30,
      messagesPerMinuteMax: 60,
    });
    const { client } = await staged.join('ann');
    const change = (availability: string) => client.send({ type: 'status', availability });
    for (const availability of ['busy', 'dnd']) change(availability);
    await client.next('ok');
    await client.next('ok');
    change('away');
    const limited = await client.next('error');
    expect(limited).toMatchObject({ code: 'RATE_LIMITED', retry: 'later' });
    expect(staged.see('ann').status).toBe('dnd');
    staged.clock.advance(limited.retryAfterMs as number);
    change('away');
    await client.next('ok');
    await client.ask({ type: 'get', request: 'g', ids: ids(20) }, 'presences');
    expect(await client.ask({ type: 'get', request: 'g', ids: ['one'] }, 'error')).toMatchObject({ code: 'RATE_LIMITED' });
    for (let message = 0; message < 40; message += 1) client.send({ type: 'pong' });
    expect(await client.next('error')).toMatchObject({ code: 'RATE_LIMITED' });
    expect(client.ws.readyState).toBe(WebSocket.OPEN);
  });

  test('[S17.5] too many frames before the welcome are closed with 4400', async () => {
    const release: (() => void)[] = [];
    const memory = createMemoryStore();
    const store: Store = { ...memory, load: () => new Promise((resolve) => release.push(() => resolve([]))) };
    await start({}, { store });
    const client = await staged.socket();
    client.send({ type: 'hello', token: staged.token('ann') });
    for (let frame = 0; frame < 40; frame += 1) client.send({ type: 'pong' });
    expect(await client.closed).toMatchObject({ code: 4400 });
    for (const each of release) each();
  });
});

/** Masked with zeros, so that the bytes are what they are. */
function maskedPing(bytes: number): Buffer {
  return Buffer.concat([Buffer.from([0x89, 0x80 | bytes, 0, 0, 0, 0]), Buffer.alloc(bytes, 'x')]);
}
