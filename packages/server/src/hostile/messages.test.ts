import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUILT_IN_DIALECTS } from '../dialects/index.ts';
import { native } from '../dialects/native.ts';
import { type Client, type StagedServer, stageServer } from '../transports/staged-client.ts';
import { UNHURRIED, worldOf } from './bystanders.ts';
import { EVENTS, type HostileMessage, hostileMessages, UNKNOWN_EVENTS, WITHOUT_PAYLOAD } from './events.ts';
import { RawSocketIo } from './raw-socketio.ts';

let staged: StagedServer;
let bystander: Client;
const clients: RawSocketIo[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => void unhandled.push(error);

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  staged = await stageServer(UNHURRIED);
  await staged.join('victim');
  await staged.join('7');
  bystander = (await staged.join('bystander')).client;
  await bystander.ask({ type: 'watch', set: ['victim', '7'] }, 'snapshot');
});

afterAll(async () => {
  for (const client of clients) client.cut();
  await staged.close();
  process.off('unhandledRejection', onUnhandled);
});

/** What a client of each dialect is told: undefined when it was not an error. */
type Speak = (message: Pick<HostileMessage, 'event' | 'payload'>) => Promise<{ code?: unknown; documented: boolean }>;

async function socketIo(dialect: string): Promise<Speak> {
  const namespace = dialect === 'presence-gateway' ? '/ws/messages' : '/';
  const client = new RawSocketIo(staged.url, namespace);
  clients.push(client);
  expect(await client.connect(JSON.stringify({ token: staged.token('mallory'), dialect }))).toMatch(/^40/);
  return async ({ event, payload }) => {
    const { ack, events } = await client.ask(JSON.stringify(event), payload);
    const error = events.find(([name]) => name === (dialect === 'presence-gateway' ? 'exception' : 'error'))?.[1] as Record<
      string,
      unknown
    >;
    if (error === undefined) return { documented: true };
    const { code, message, timestamp } = error;
    const told = typeof message === 'string' && message.length <= 200 && new Date(String(timestamp)).toISOString() === timestamp;
    const form =
      dialect === 'presence-gateway'
        ? error.status === 'error' && JSON.stringify(ack) === JSON.stringify({ event: 'error', data: error })
        : error.event === event.slice(0, 64) && JSON.stringify(ack) === JSON.stringify(error);
    return { code, documented: told && form };
  };
}

async function nativeSpeaker(): Promise<Speak> {
  const { client } = await staged.join('mallory');
  return async ({ event, payload }) => {
    const fields = payload.startsWith('{') ? payload.slice(1) : undefined;
    const type = `{"type":${JSON.stringify(event)}`;
    client.send(fields === undefined ? payload : fields === '}' ? `${type}}` : `${type},${fields}`);
    const error = (await client.settled()).find((frame) => frame.type === 'error');
    if (error === undefined) return { documented: true };
    const documented = typeof error.message === 'string' && ['later', 'changed', 'signed-in', 'never'].includes(String(error.retry));
    return { code: error.code, documented };
  };
}

const messages = hostileMessages();
const dialects = [...new Set(messages.map(({ dialect }) => dialect))];

describe('[S22.1] [T9] [T22] [T23] [T24] [T25] hostile messages', () => {
  test('are there for every event of every dialect', () => {
    const known = [...BUILT_IN_DIALECTS, native].flatMap(({ name, hears }) => Object.keys(hears).map((event) => `${name} ${event}`));
    const covered = EVENTS.map(({ dialect, event }) => `${dialect} ${event}`);
    expect(known.filter((each) => !covered.includes(each)).sort()).toEqual(WITHOUT_PAYLOAD.map((event) => `native ${event}`).sort());
    expect(covered.filter((each) => !known.includes(each))).toEqual([]);
    expect(new Set(messages.map(({ payload }) => payload)).size).toBeGreaterThan(200);
  });

  test.each(dialects)('[S19.6] [S19.7] to %s get its documented error, and change nothing', async (dialect) => {
    const speak = dialect === 'native' ? await nativeSpeaker() : await socketIo(dialect);
    const before = await worldOf(staged);
    const wrong: string[] = [];
    for (const message of messages.filter((each) => each.dialect === dialect)) {
      const beganAt = performance.now();
      const { code = 'answered', documented } = await speak(message);
      const tookMs = performance.now() - beganAt;
      const where = `${message.event}: ${message.name}`;
      if (code !== message.expected) wrong.push(`${where}: ${String(code)}, not ${message.expected}`);
      if (!documented) wrong.push(`${where}: not in the documented form`);
      if (tookMs > 1_000) wrong.push(`${where}: answered after ${tookMs} ms`);
      if ((await worldOf(staged)) !== before) wrong.push(`${where}: changed something`);
    }
    expect(wrong).toEqual([]);
    expect(unhandled).toEqual([]);
    expect(staged.lines.splice(0)).toEqual([]);
    expect((await bystander.settled()).filter(({ type }) => type === 'changes')).toEqual([]);
  });

  test.each([...dialects])('that nobody knows are INVALID_PAYLOAD to %s', async (dialect) => {
    const speak = dialect === 'native' ? await nativeSpeaker() : await socketIo(dialect);
    const before = await worldOf(staged);
    for (const event of UNKNOWN_EVENTS) {
      const { code, documented } = await speak({ event, payload: '{}' });
      expect([code, documented], event.slice(0, 64)).toEqual(['INVALID_PAYLOAD', true]);
    }
    expect(await worldOf(staged)).toBe(before);
  });
});
