import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type RealServer, startServer, TEST_SECRET } from '@porchlight/testkit/real-server';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManualClock } from '../clock.ts';

/*
 * The README's pieces of code are taken from it and run as they stand, with only the address changed; what they hear is what the README says.
 */

const root = resolve(import.meta.dirname, '../../../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const ADDRESS = '127.0.0.1:3000';
const PATIENCE = { timeout: 5_000, interval: 5 };

/** The code under a heading, or under the words in bold that name a kind of client. */
function codeUnder(title: string, language: string): string {
  const at = readme.search(new RegExp(`^(## |\\*\\*)${title}`, 'm'));
  const code = readme.slice(at).match(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's'))?.[1];
  if (at < 0 || !code?.includes(ADDRESS)) throw new Error(`The README has no code for ${title}.`);
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(12);
  return code;
}

let server: RealServer;
const sockets: { close(): unknown }[] = [];

beforeEach(async () => {
  server = await startServer({}, { clock: createManualClock(Date.now()) });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await server.close();
});

type Listener = (payload: unknown) => void;

/** Notes what the code's own listeners and acknowledgements are called with. */
function noting(heard: unknown[]) {
  return (address: string, options: object) => {
    const socket: Socket = io(address, { ...options, forceNew: true });
    sockets.push(socket);
    const noted =
      (name: string, call: Listener): Listener =>
      (payload) => {
        call(payload);
        heard.push([name, payload]);
      };
    return {
      on: (event: string, listener: Listener) => void socket.on(event, noted(event, listener)),
      emit(event: string, payload: unknown, acknowledge?: Listener) {
        socket.emit(event, payload, ...(acknowledge ? [noted(`answer to ${event}`, acknowledge)] : []));
      },
    };
  };
}

/** Runs a piece of JavaScript as Carol would, with her token; `result` names what it found out. */
async function run(title: string, { user = 'carol', result = 'undefined' }: { user?: string | number; result?: string } = {}) {
  const heard: unknown[] = [];
  const token = server.token(user);
  class NotedSocket extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      sockets.push(this);
    }
  }
  const surroundings = {
    token,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    io: noting(heard),
    WebSocket: NotedSocket,
    console: { log: (frame: unknown) => heard.push(frame) },
  };
  const code = codeUnder(title, 'js').replaceAll(ADDRESS, new URL(server.url).host);
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const found: unknown = await AsyncFunction(...Object.keys(surroundings), `${code}\nreturn ${result};`)(...Object.values(surroundings));
  return { heard, found };
}

async function ask(method: string, path: string, user: string | number) {
  const headers = { authorization: `Bearer ${server.token(user)}`, 'content-type': 'application/json' };
  const response = await fetch(`${server.url}${path}`, { method, headers, ...(method === 'POST' && { body: '{}' }) });
  expect(response.status).toBeLessThan(300);
}

async function comes(user: string | number) {
  await ask('POST', '/v1/me/heartbeat', user);
  server.clock.advance(1_000);
}

const hears = (heard: unknown[], what: unknown) => expect.poll(() => heard, PATIENCE).toContainEqual(what);

test('[S23.2] the quick start of the README prints what its comments say', async () => {
  const script = codeUnder('Quick start', 'sh').replaceAll(ADDRESS, new URL(server.url).host).replaceAll('curl ', 'curl -s -w "\\n" ');
  const env = { ...process.env, PORCHLIGHT_JWT_SECRET: TEST_SECRET };
  const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: root, env, timeout: 60_000 });
  const [, online, , offline] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(online).toMatchObject({ id: 'alice', online: true, status: 'online' });
  expect(offline).toMatchObject({ id: 'alice', online: false, status: 'offline', lastSeenAt: server.clock.now() });
}, 60_000);

test('[S23.2] the snippet of smart-presence asks and is told', async () => {
  const { heard } = await run('smart-presence');
  await hears(heard, ['answer to presence:request', expect.objectContaining({ contacts: expect.any(Array) })]);
  await comes('bob');
  await hears(heard, ['presence:update', expect.objectContaining({ sessionId: 'bob', isOnline: true })]);
});

test('[S23.2] the snippet of user-presence asks and is told', async () => {
  const { heard, found } = await run('user-presence', { result: 'status' });
  expect(found).toBe('Offline');
  await comes('bob');
  await hears(heard, ['user_presence_update', expect.objectContaining({ user_id: 'bob', is_online: true, status: 'online' })]);
});

test('[S23.2] the snippet of presence-gateway asks and is told', async () => {
  const { heard } = await run('presence-gateway');
  await hears(heard, ['answer to check-user-status', expect.objectContaining({ data: expect.objectContaining({ online: false }) })]);
  await comes('bob');
  await hears(heard, ['user-online', expect.objectContaining({ userId: 'bob' })]);
});

test('[S23.2] the snippet of user-status is told of everybody', async () => {
  const { heard } = await run('user-status', { user: 123 });
  await hears(heard, ['userStatusChanged', expect.objectContaining({ userId: 123, status: 'online' })]);
  await comes(456);
  await hears(heard, ['userStatusChanged', expect.objectContaining({ userId: 456, status: 'online' })]);
});

test('[S23.2] the snippet of online-users is counted', async () => {
  expect(await run('online-users', { result: 'count' })).toMatchObject({ found: 1 });
});

test('[S23.2] the snippet of the native protocol is welcomed, answered and told', async () => {
  const { heard } = await run('native');
  await hears(heard, expect.objectContaining({ type: 'welcome', user: 'carol' }));
  await hears(heard, expect.objectContaining({ type: 'snapshot' }));
  await comes('bob');
  await hears(heard, expect.objectContaining({ type: 'changes', presences: [expect.objectContaining({ id: 'bob', online: true })] }));
});
