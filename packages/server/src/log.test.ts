import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createManualClock } from './clock.ts';
import { createLogger } from './log.ts';

function setup(given: Partial<Parameters<typeof createLogger>[0]> = {}, isTTY = false) {
  const lines: string[] = [];
  const target = { write: (line: string) => void lines.push(line), isTTY };
  const log = createLogger({ logLevel: 'trace', logPretty: true, clock: createManualClock(0), hashKey: 'key', target, ...given });
  const last = (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown>;
  return { log, lines, last };
}

const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';

test('a line is one JSON object with the time of the clock', () => {
  const { log, lines } = setup();
  log.info({ dialect: 'native' }, 'connected');
  expect(lines).toEqual(['{"level":"info","time":0,"dialect":"native","msg":"connected"}\n']);
});

test('user ids are hashed from info up, alike each time, and plain below', () => {
  const { log, last } = setup();
  log.info({ user: 'alice', viewer: 'bob' }, 'x');
  const { user, viewer } = last();
  expect(user).toMatch(/^#[\w-]{12}$/);
  expect(viewer).not.toBe(user);
  log.error({ user: 'alice' }, 'x');
  expect(last().user).toBe(user);
  log.debug({ user: 'alice' }, 'x');
  expect(last().user).toBe('alice');
  const other = setup({ hashKey: 'another key' });
  other.log.info({ user: 'alice' }, 'x');
  expect(other.last().user).not.toBe(user);
});

test('[T32] no token, header, cookie, key or secret is logged, wherever it is', () => {
  const { log, lines } = setup();
  const secret = 'hunter2-canary';
  log.info({ token: secret, headers: { authorization: secret, cookie: secret, 'x-api-key': secret } }, 'x');
  log.info({ request: { headers: { authorization: secret } }, options: { jwtSecret: secret, apiKeys: [secret] } }, 'x');
  log.warn(`GET /?token=${secret}&x=1 Authorization: Bearer ${secret}`);
  log.error({ err: new Error(`verifying ${token} failed`, { cause: new Error(`Bearer ${secret}`) }) }, token);
  log.error(new Error(token));
  expect(lines).toHaveLength(5);
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('')).not.toMatch(/eyJ|c2lnbmF0dXJl/);
});

test('[T36] any text stays on its line, obeys JSON, comes back unchanged, and holds nothing that a terminal obeys', () => {
  const { log, lines, last } = setup();
  const hostile = ['\r\n{"level":"fatal"}', '\u001b[2J', '\u009b2J', '\u2028', '\u202etxt', '\u0000', '\ufeff', '\u{e0001}', '"},"x":{"'];
  for (const text of hostile) {
    log.info({ screen: text }, text);
    expect(last()).toMatchObject({ screen: text, msg: text });
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      log.info({ screen: text }, 'x');
      expect(last().screen).toBe(text);
    }),
  );
  for (const line of lines) expect(line).toMatch(/^[^\p{Cc}\p{Cf}\u2028\u2029]+\n$/u);
});

test('at a terminal lines are for people, as safe as the others', () => {
  const { log, lines } = setup({}, true);
  log.warn({ screen: '\u001b[2J\u009b\u202e', token: 'x' }, `bad\n${token}`);
  expect(lines[0]).toBe(
    '\u001b[90m00:00:00.000\u001b[0m \u001b[33mWARN \u001b[0m bad\\n[token] \u001b[90mscreen=\\u001b[2J\\u009b\\u202e token=[redacted]\u001b[0m\n',
  );
  log.error({ err: new Error('broken') }, 'failed');
  expect(lines[1]).toMatch(/failed\n {4}Error: broken\n {4} +at /);
});

test('what is below the level is not written', () => {
  const { log, lines } = setup({ logLevel: 'warn' });
  log.info('x');
  expect(lines).toEqual([]);
});
