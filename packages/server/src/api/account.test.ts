import { type RealServer, startServer } from '@porchlight/testkit/real-server';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { identityOf } from '../authenticate.ts';
import { createMemoryDisk, createMemoryStore } from '../stores/memory.ts';
import { API_KEY, API_KEYS, apiClient, type Call } from './api-client.ts';
import { relationRoutes } from './relations.ts';
import type { ApiRoute } from './route.ts';
import { ME } from './subject.ts';

let server: RealServer;
let call: Call;

beforeEach(async () => {
  server = await startServer({ apiKeys: API_KEYS, relationsMax: 3 });
  call = apiClient(server);
  onTestFinished(() => server.close());
});

/** The same settings, contacts and blocks, by oneself or by the app's back end. */
describe.each([
  ['/v1/me', { as: 'alice' }],
  ['/v1/users/alice', { key: API_KEY }],
])('%s', (prefix, who) => {
  test('starts with the defaults', async () => {
    expect((await call('GET', prefix, who)).body).toEqual({
      user: 'alice',
      presence: { id: 'alice', online: false, status: 'offline', lastSeenAt: null, version: 0 },
      settings: {
        availability: 'auto',
        availabilityUntilAt: null,
        text: null,
        onlineRule: 'everyone',
        lastSeenRule: 'everyone',
        coarseLastSeenRule: 'nobody',
        optedOut: false,
      },
      profile: {},
    });
  });

  test('a status ends by itself, and others stay as they were', async () => {
    await call('POST', '/v1/me/heartbeat', { as: 'alice', body: {} });
    await call('PATCH', prefix, { ...who, body: { onlineRule: 'contacts' } });
    const { body } = await call('PATCH', prefix, { ...who, body: { availability: 'dnd', text: 'asleep', forMs: 60_000 } });
    expect(body).toMatchObject({
      presence: { status: 'dnd', text: 'asleep' },
      settings: { availability: 'dnd', availabilityUntilAt: server.clock.now() + 60_000, onlineRule: 'contacts' },
    });
    server.clock.advance(60_000);
    expect((await call('GET', prefix, who)).body).toMatchObject({
      presence: { status: 'online' },
      settings: { availability: 'auto', text: null },
    });
  });

  test('[S7.14] [S8.5] whom nothing else is allowed may be told the day, and of a return on the day after', async () => {
    const dayMs = 86_400_000;
    const rules = { onlineRule: 'nobody', lastSeenRule: 'nobody', coarseLastSeenRule: 'everyone' };
    expect((await call('PATCH', prefix, { ...who, body: rules })).body).toMatchObject({ settings: rules });
    const unknown = { id: 'alice', online: false, status: 'offline', lastSeenAt: null, version: 0 };
    const seenByBob = async () => (await call('GET', '/v1/presence/alice', { as: 'bob' })).body;
    const midnightAt = Math.floor(server.clock.now() / dayMs) * dayMs;
    const comesOnDay = async (day: number) => {
      server.clock.advance(midnightAt + day * dayMs + 43_200_000 - server.clock.now());
      await call('POST', '/v1/me/heartbeat', { as: 'alice', body: {} });
    };
    await comesOnDay(1);
    expect(await seenByBob()).toEqual(unknown);
    server.clock.advance(dayMs);
    expect(await seenByBob()).toEqual({ ...unknown, lastSeenAt: midnightAt + dayMs, lastSeenWithinMs: 2 * dayMs });
    await comesOnDay(5);
    expect(await seenByBob()).toEqual({ ...unknown, lastSeenAt: midnightAt + dayMs, lastSeenWithinMs: dayMs });
    server.clock.advance(dayMs / 2);
    expect(await seenByBob()).toEqual({ ...unknown, lastSeenAt: midnightAt + 5 * dayMs, lastSeenWithinMs: 2 * dayMs });
  });

  test.each([
    {},
    { forMs: 5_000 },
    { availability: 'here' },
    { text: 'x'.repeat(129) },
    { availability: 'busy', forMs: 1 },
    { optedOut: 'yes' },
    { id: 'bob' },
  ])('a change of %j is refused and changes nothing', async (body) => {
    const before = await call('GET', prefix, who);
    expect(await call('PATCH', prefix, { ...who, body })).toMatchObject({ status: 400, body: { error: { code: 'INVALID_PAYLOAD' } } });
    expect((await call('GET', prefix, who)).text).toBe(before.text);
  });

  test.each(['contacts', 'blocks'])('%s are added, listed in pages, asked about, removed', async (list) => {
    const path = `${prefix}/${list}`;
    for (const other of ['dave', 'bob', 'carol', 'bob']) expect((await call('PUT', `${path}/${other}`, who)).status).toBe(204);
    expect((await call('GET', `${path}?limit=2`, who)).body).toEqual({ users: ['bob', 'carol'], next: 'carol' });
    expect((await call('GET', `${path}?limit=2&after=carol`, who)).body).toEqual({ users: ['dave'] });
    expect((await call('GET', `${path}/bob`, who)).body).toEqual({ user: 'bob', present: true });
    expect((await call('DELETE', `${path}/bob`, who)).status).toBe(204);
    expect((await call('DELETE', `${path}/bob`, who)).status).toBe(204);
    expect((await call('GET', `${path}/bob`, who)).body).toEqual({ user: 'bob', present: false });
  });

  test('[S17.3] nor do changes that come together go beyond that limit', async () => {
    const { node } = server.server;
    const patch = relationRoutes(node, ME, 'contact').find(({ method }) => method === 'patch') as ApiRoute;
    const viewer = { tenant: 'default', user: 'alice' };
    const caller = { tenant: 'default', identity: identityOf('alice'), viewer, address: '::1' };
    const change = async (add: string[]) => patch.does({ params: {}, query: {}, body: { add, remove: ['gone'] } }, caller);
    const done = await Promise.allSettled([change(['bob', 'cara']), change(['dora', 'eve'])]);
    expect(done).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'TOO_MANY_IDS' } }]);
    expect((await call('GET', `${prefix}/contacts`, who)).body).toEqual({ users: ['bob', 'cara'] });
  });

  test.each(['contacts', 'blocks'])('%s have a limit, which counts nobody twice', async (list) => {
    const path = `${prefix}/${list}`;
    expect((await call('PATCH', path, { ...who, body: { add: ['a', 'b', 'c', 'a'] } })).status).toBe(204);
    expect((await call('PUT', `${path}/c`, who)).status).toBe(204);
    expect(await call('PUT', `${path}/d`, who)).toMatchObject({ status: 400, body: { error: { code: 'TOO_MANY_IDS' } } });
    expect((await call('PATCH', path, { ...who, body: { remove: ['a', 'b'] } })).status).toBe(204);
    expect((await call('GET', path, who)).body).toEqual({ users: ['c'] });
  });

  test('opting out leaves nothing to see', async () => {
    await call('POST', '/v1/me/heartbeat', { as: 'alice', body: {} });
    expect((await call('PATCH', prefix, { ...who, body: { optedOut: true } })).body).toMatchObject({
      presence: { online: false, lastSeenAt: null },
      settings: { optedOut: true },
    });
    expect((await call('POST', '/v1/me/heartbeat', { as: 'alice', body: {} })).status).toBe(200);
    expect((await call('GET', '/v1/presence/alice', { key: API_KEY })).body).toMatchObject({ online: false, lastSeenAt: null });
  });
});

describe('limits', () => {
  test('[T27] a person may change things only so often, a back end as often as it needs', async () => {
    const strict = await startServer({ apiKeys: API_KEYS, changesBurstMax: 2 });
    onTestFinished(() => strict.close());
    const ask = apiClient(strict);
    const statuses = [];
    for (let change = 0; change < 3; change += 1)
      statuses.push((await ask('PATCH', '/v1/me', { as: 'alice', body: { text: `${change}` } })).status);
    expect(statuses).toEqual([200, 200, 429]);
    for (let change = 0; change < 5; change += 1)
      expect((await ask('PATCH', '/v1/users/alice', { key: API_KEY, body: { text: `${change}` } })).status).toBe(200);
  });

  test('a lease lasts from its last heartbeat, and ends when asked', async () => {
    const seenAt = server.clock.now();
    await call('POST', '/v1/me/heartbeat', { as: 'alice', body: { platform: 'ios', appVersion: '2.1' } });
    expect((await call('GET', '/v1/presence/alice', { as: 'bob' })).body).toMatchObject({ online: true, platforms: ['ios'] });
    server.clock.advance(300_001);
    expect((await call('GET', '/v1/presence/alice', { as: 'bob' })).body).toMatchObject({ online: false, lastSeenAt: seenAt });
    await call('POST', '/v1/me/heartbeat', { as: 'alice', body: {} });
    expect((await call('DELETE', '/v1/me/heartbeat', { as: 'alice' })).status).toBe(204);
    expect((await call('GET', '/v1/presence/alice', { as: 'bob' })).body).toMatchObject({ online: false, lastSeenAt: server.clock.now() });
  });
});

test('[I3] what was acknowledged is there after the process is gone', async () => {
  const disk = createMemoryDisk();
  const first = await startServer({ apiKeys: API_KEYS }, { store: createMemoryStore(disk) });
  onTestFinished(() => first.close().catch(() => undefined));
  const ask = apiClient(first);
  await ask('PATCH', '/v1/me', { as: 'alice', body: { availability: 'busy', text: 'writing', onlineRule: 'contacts' } });
  await ask('PUT', '/v1/me/contacts/bob', { as: 'alice' });
  await ask('PUT', '/v1/users/alice/blocks/eve', { key: API_KEY });
  // As after kill -9: the first was not closed, and only what is durable is there.
  const second = await startServer({ apiKeys: API_KEYS }, { store: createMemoryStore(disk) });
  onTestFinished(() => second.close());
  const again = apiClient(second);
  expect((await again('GET', '/v1/me', { as: 'alice' })).body).toMatchObject({
    settings: { availability: 'busy', text: 'writing', onlineRule: 'contacts' },
  });
  expect((await again('GET', '/v1/me/contacts', { as: 'alice' })).body).toEqual({ users: ['bob'] });
  expect((await again('GET', '/v1/me/blocks', { as: 'alice' })).body).toEqual({ users: ['eve'] });
});
