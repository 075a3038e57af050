import { type RealServer, startServer } from '@porchlight/testkit/real-server';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { API_KEY, API_KEYS, apiClient, type Call, OTHER_KEY } from './api-client.ts';

let server: RealServer;
let call: Call;

beforeEach(async () => {
  server = await startServer({ apiKeys: API_KEYS, listMax: 3 });
  call = apiClient(server);
  onTestFinished(() => server.close());
});

const online = (user: string, body: object = {}) => call('POST', '/v1/me/heartbeat', { as: user, body });

describe('presence of one and of many', () => {
  test('[S8.2] a user never seen is offline, and not an error', async () => {
    expect((await call('GET', '/v1/presence/nobody', { as: 'alice' })).body).toEqual({
      id: 'nobody',
      online: false,
      status: 'offline',
      lastSeenAt: null,
      version: 0,
    });
  });

  test('[S20.4] ids are answered in the order asked, as often as asked', async () => {
    await online('bob');
    const { body } = await call('POST', '/v1/presence', { as: 'alice', body: { ids: ['carol', 'bob', 'carol', '5'] } });
    expect(body).toMatchObject({ presences: [{ id: 'carol' }, { id: 'bob', online: true }, { id: 'carol' }, { id: '5' }] });
  });

  test('[S20.4] who is online comes first when asked, then who was seen last', async () => {
    for (const user of ['old', 'recent']) {
      await online(user);
      await call('DELETE', '/v1/me/heartbeat', { as: user });
      server.clock.advance(60_000);
    }
    await online('away', { background: true });
    await online('here');
    const ids = ['never', 'old', 'away', 'recent', 'here'];
    const sorted = await call('POST', '/v1/presence', { as: 'alice', body: { ids, sort: 'presence' } });
    const idsOf = (body: unknown) => (body as { presences: { id: string }[] }).presences.map(({ id }) => id);
    expect(idsOf(sorted.body)).toEqual(['here', 'away', 'recent', 'old', 'never']);
    const only = await call('POST', '/v1/presence', { as: 'alice', body: { ids, sort: 'presence', onlineOnly: true } });
    expect(idsOf(only.body)).toEqual(['here', 'away']);
  });

  test.each([
    ['a control character', '%00'],
    ['a lone surrogate', '%ED%A0%80'],
    ['more than 128 characters', 'x'.repeat(129)],
    ['an invisible character', '%E2%80%8Ba'],
  ])('[T24] an id with %s is refused', async (_what, id) => {
    expect(await call('GET', `/v1/presence/${id}`, { as: 'alice' })).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID_PAYLOAD' } },
    });
  });

  test('[T24] numbers are no ids here, and one id is no list', async () => {
    const asked = async (ids: unknown) => (await call('POST', '/v1/presence', { as: 'alice', body: { ids } })).body;
    expect(await asked(['bob', 7])).toMatchObject({ error: { code: 'INVALID_PAYLOAD', message: 'ids[1]: not a user id' } });
    expect(await asked('bob')).toMatchObject({ error: { code: 'INVALID_PAYLOAD', message: 'ids: expected an array' } });
  });

  test('[T23] ids that name what every object has are ids like others', async () => {
    const ids = ['__proto__', 'constructor', 'toString'];
    const { body } = await call('POST', '/v1/presence', { as: 'alice', body: { ids } });
    expect(body).toMatchObject({ presences: ids.map((id) => ({ id, online: false })) });
  });

  test('[T25] 1,000 ids are answered, one more is not', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`);
    expect((await call('POST', '/v1/presence', { as: 'alice', body: { ids: ids(1_000) } })).status).toBe(200);
    for (const who of [{ as: 'alice' }, { key: API_KEY }])
      expect(await call('POST', '/v1/presence', { ...who, body: { ids: ids(1_001) } })).toMatchObject({
        status: 400,
        body: { error: { code: 'TOO_MANY_IDS' } },
      });
  });

  test('[T12] whoever asks about too many is told when to come back', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `user-${index}`);
    for (let round = 0; round < 6; round += 1) await call('POST', '/v1/presence', { as: 'alice', body: { ids } });
    const refused = await call('POST', '/v1/presence', { as: 'alice', body: { ids } });
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'RATE_LIMITED', retry: 'later' } } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    server.clock.advance(Number(refused.headers.get('retry-after')) * 1_000);
    expect((await call('POST', '/v1/presence', { as: 'alice', body: { ids } })).status).toBe(200);
  });
});

describe('who is online', () => {
  test('[S20.5] pages hold everybody once, and the count is exact', async () => {
    const people = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const user of people) await online(user);
    const seen: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const { body } = await call('GET', `/v1/online?limit=3${after && `&after=${after}`}`, { as: 'z' });
      const page = body as { users: { id: string }[]; count: number; next?: string };
      expect(page.count).toBe(7);
      seen.push(...page.users.map(({ id }) => id));
      after = page.next;
    }
    expect(seen).toEqual(people);
  });

  test('a page can be of one status only', async () => {
    await online('here');
    await online('gone', { background: true });
    expect((await call('GET', '/v1/online?status=away', { as: 'z' })).body).toMatchObject({
      users: [{ id: 'gone', status: 'away' }],
      count: 2,
    });
    expect((await call('GET', '/v1/online?status=offline', { as: 'z' })).status).toBe(400);
  });

  test.each(['0', '4', 'x', '-1', '1.5'])('a limit of %s is refused where at most 3 are listed', async (limit) => {
    expect((await call('GET', `/v1/online?limit=${limit}`, { as: 'z' })).status).toBe(400);
  });

  test('people are shown with what their token says, but never with an address', async () => {
    await call('POST', '/v1/me/heartbeat', { as: 'bob', claims: { name: 'Bob', role: 'agent', email: 'bob@example.com' }, body: {} });
    expect((await call('GET', '/v1/online', { as: 'z' })).body).toMatchObject({ users: [{ profile: { name: 'Bob', role: 'agent' } }] });
    expect((await call('GET', '/v1/online', { key: API_KEY })).text).not.toContain('bob@example.com');
  });
});

/** Everything that a viewer can ask about `id`, as bytes; the time of the answer and the id itself are left out. */
async function transcript(id: string, who: { as: string } | { key: string }): Promise<string[]> {
  const requests: [string, string, object?][] = [
    ['GET', `/v1/presence/${id}`],
    ['HEAD', `/v1/presence/${id}`],
    ['POST', '/v1/presence', { ids: [id] }],
    ['POST', '/v1/presence', { ids: ['aa', id, 'zz'], sort: 'presence' }],
    ['POST', '/v1/presence', { ids: [id, 'watched'], onlineOnly: true }],
    ['GET', '/v1/online'],
    ['GET', '/v1/online?limit=1'],
    ['GET', '/v1/online?status=online,away,busy,dnd'],
    ['GET', '/v1/online/count'],
    ['GET', `/api/user-presence/${id}`],
    ['GET', `/api/user-status/${id}?tz=Asia/Tokyo`],
    ['GET', '/api/online-users-count'],
  ];
  const said: string[] = [];
  for (const [method, path, body] of requests) {
    const { status, headers, text } = await call(method, path, { ...who, ...(body && { body }) });
    const kept = [...headers].filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${value}`);
    said.push(
      [status, ...kept, text]
        .join('\n')
        .replaceAll(id, 'ID')
        .replace(/"at":\d+/, '"at":NOW'),
    );
  }
  return said;
}

describe('[I6] nobody learns whether somebody hides', () => {
  // Ids of one length, so that lengths say nothing either.
  const HIDING: Record<string, (id: string) => Promise<unknown>> = {
    'is invisible': (id) => call('PATCH', '/v1/me', { as: id, body: { availability: 'invisible', lastSeenRule: 'nobody' } }),
    'shows to nobody': (id) => call('PATCH', '/v1/me', { as: id, body: { onlineRule: 'nobody', lastSeenRule: 'nobody' } }),
    'shows to contacts': (id) => call('PATCH', '/v1/me', { as: id, body: { onlineRule: 'contacts', lastSeenRule: 'contacts' } }),
    'opted out': (id) => call('PATCH', '/v1/me', { as: id, body: { optedOut: true } }),
  };

  test.each(Object.entries(HIDING))('somebody who %s is told byte for byte as nobody is', async (_how, hide) => {
    await online('watched');
    const before = await transcript('secret', { as: 'eve' });
    expect(await hide('secret')).toMatchObject({ status: 200 });
    await online('secret', { platform: 'ios', screen: 'bank' });
    server.clock.advance(2_000);
    await call('PATCH', '/v1/me', { as: 'secret', body: { text: 'nobody reads this' } });
    expect(await transcript('secret', { as: 'eve' })).toEqual(before);
    expect(await transcript('absent', { as: 'eve' })).toEqual(before);
  });

  test('[T4] somebody of another tenant is nobody, for people and for keys', async () => {
    await online('watched');
    const [person, key] = [await transcript('secret', { as: 'eve' }), await transcript('secret', { key: API_KEY })];
    await call('POST', '/v1/me/heartbeat', { as: 'secret', claims: { tenant: 'other' }, body: {} });
    expect(await transcript('secret', { as: 'eve' })).toEqual(person);
    expect(await transcript('secret', { key: API_KEY })).toEqual(key);
    expect((await call('GET', '/v1/presence/secret', { key: OTHER_KEY })).body).toMatchObject({ online: true });
    expect((await call('GET', '/v1/online', { key: OTHER_KEY })).body).toMatchObject({ count: 1, users: [{ id: 'secret' }] });
  });

  test('[I6b] whoever is blocked sees nobody, from the answer on', async () => {
    await online('secret');
    const absent = await call('GET', '/v1/presence/absent', { as: 'eve' });
    expect((await call('GET', '/v1/presence/secret', { as: 'eve' })).body).toMatchObject({ online: true });
    expect((await call('PUT', '/v1/me/blocks/eve', { as: 'secret' })).status).toBe(204);
    const blocked = await call('GET', '/v1/presence/secret', { as: 'eve' });
    expect(blocked.text.replaceAll('secret', 'absent')).toBe(absent.text);
    expect((await call('GET', '/v1/online', { as: 'eve' })).body).toEqual({ users: [], count: 0 });
    expect((await call('GET', '/v1/online/count', { as: 'dan' })).body).toEqual({ count: 1 });
    expect((await call('DELETE', '/v1/me/blocks/eve', { as: 'secret' })).status).toBe(204);
    expect((await call('GET', '/v1/presence/secret', { as: 'eve' })).body).toMatchObject({ online: true });
  });

  test('a contact sees what others do not; the back end sees all', async () => {
    await call('PATCH', '/v1/me', { as: 'secret', body: { onlineRule: 'contacts' } });
    await call('PUT', '/v1/me/contacts/friend', { as: 'secret' });
    await online('secret');
    const seenBy = async (who: object) => (await call('GET', '/v1/presence/secret', who)).body?.online;
    expect([await seenBy({ as: 'friend' }), await seenBy({ as: 'eve' }), await seenBy({ key: API_KEY })]).toEqual([true, false, true]);
  });
});
