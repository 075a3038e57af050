import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, type StagedServer, stageServer } from '../transports/staged-client.ts';
import { UNHURRIED, worldOf } from './bystanders.ts';
import { RawSocketIo } from './raw-socketio.ts';
import { hostileTokens } from './tokens.ts';

let staged: StagedServer;
let world: string;
let tokens: Readonly<Record<string, string>>;

beforeAll(async () => {
  staged = await stageServer(UNHURRIED);
  await staged.join('victim');
  world = await worldOf(staged);
  tokens = hostileTokens(SECRET, staged.token('mallory'), staged.clock.now());
});
afterAll(() => staged.close());

const NAMESPACES = ['/', '/ws/messages'] as const;

describe('[S22.8] [T2] [T3] [T4] tokens that are not to be believed', () => {
  test('there are at least 25', () => expect(Object.keys(tokens).length).toBeGreaterThanOrEqual(25));

  test.each(NAMESPACES)('are a connect_error with their code on %s, wherever they come from', async (namespace) => {
    for (const [name, token] of Object.entries(tokens)) {
      for (const [auth, headers] of [
        [JSON.stringify({ token }), {}],
        ['{}', { authorization: `Bearer ${token}` }],
        ['{}', { cookie: `jwt=${token}` }],
      ] as const) {
        const client = new RawSocketIo(staged.url, namespace, headers);
        const answer = await client.connect(auth);
        expect(answer, name).toMatch(/^44/);
        expect(JSON.parse(answer.slice(answer.indexOf('{'))), name).toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
        client.cut();
      }
    }
    expect(await worldOf(staged)).toBe(world);
  });

  test.each(NAMESPACES)('nor is what is no token at all, on %s', async (namespace) => {
    for (const auth of [
      '',
      '{}',
      '{"token":""}',
      '{"token":null}',
      '{"token":{}}',
      '{"token":["x"]}',
      '{"token":true}',
      '{"__proto__":{"token":"x"}}',
      '{"userId":"victim"}',
      '{"token":7}',
      '{"Token":"x"}',
    ]) {
      const client = new RawSocketIo(staged.url, namespace);
      const answer = await client.connect(auth);
      expect(JSON.parse(answer.slice(answer.indexOf('{'))), auth).toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
      client.cut();
    }
    expect(await worldOf(staged)).toBe(world);
  });

  test('are closed with 4401 by the native protocol, in the hello or the upgrade', async () => {
    for (const [name, token] of Object.entries(tokens)) {
      const client = await staged.socket();
      client.send({ type: 'hello', token });
      expect((await client.closed).code, name).toBe(4401);
      const upgraded = await staged.socket({ headers: { authorization: `Bearer ${token}` } });
      upgraded.send({ type: 'hello' });
      expect((await upgraded.closed).code, name).toBe(4401);
    }
    expect(await worldOf(staged)).toBe(world);
  });

  test('a hello of any other form is closed with 4400', async () => {
    const token = staged.token('mallory');
    const hellos: unknown[] = [
      { type: 'Hello', token },
      { type: 'hello', token: [token] },
      { type: 'hello', token, client: 'web' },
      { type: 'hello', token, client: { platform: 'x'.repeat(33) } },
      { type: 'hello', token, client: { device: 'x'.repeat(129) } },
      { type: 'hello', token, client: { screen: {} } },
      { type: 'hello', token, deviceId: '' },
      { type: 'hello', token, deviceId: 'x'.repeat(65) },
      { type: 'hello', token, deviceId: 7 },
      { type: 'hello', token, watchOnly: 'yes' },
      { type: 'hello', token, resume: 'x' },
      { type: 'hello', token, resume: { session: 'x', seq: -1 } },
      { type: 'hello', token, resume: { session: 'x', seq: 0.5 } },
      { type: 'hello', token, resume: { session: 'x'.repeat(65), seq: 1 } },
      `{"type":"hello","token":"${token}","resume":{"session":"x","seq":1e999}}`,
      `{"type":"hello","token":"${token}","__proto__":{"a":1}}`,
      `{"type":"hello","token":"${token}","a":${'['.repeat(9)}${']'.repeat(9)}}`,
      `{"type":"hello","token":"${token}"`,
      `\ufeff{"type":"hello","token":"${token}"}`,
      [{ type: 'hello', token }],
    ];
    for (const hello of hellos) {
      const client = await staged.socket();
      client.send(hello);
      expect((await client.closed).code, JSON.stringify(hello).slice(0, 100)).toBe(4400);
    }
    expect(await worldOf(staged)).toBe(world);
    expect(staged.lines.splice(0)).toEqual([]);
  });

  test('[T9] a valid token is nobody else, whatever the handshake claims', async () => {
    const client = new RawSocketIo(staged.url, '/', { cookie: 'userId=victim' });
    await client.connect(
      JSON.stringify({ token: staged.token('mallory'), userId: 'victim', sub: 'victim', tenant: 'other', dialect: 'user-status' }),
    );
    const { ack } = await client.ask('"getOnlineUsers"');
    expect((ack as { userId: string }[]).map(({ userId }) => userId)).toEqual(['mallory', 'victim']);
    client.cut();
  });
});
