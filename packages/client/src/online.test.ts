import { afterEach, expect, test, vi } from 'vitest';
import { createPoll, fetchOnline, fetchOnlineCount } from './online.ts';
import { makePresence } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';

afterEach(() => void vi.unstubAllGlobals());

test('a poll reads once the link is open, every 30 s, and again when the link is back', async () => {
  const { presence, server, clock } = makePresence();
  const states: string[] = [];
  const poll = createPoll(presence, async () => states.push(presence.connection.name));
  const stop = poll.subscribe(() => {});
  await settle();
  expect(states).toEqual(['open']);
  await clock.advance(30_000);
  expect(states).toEqual(['open', 'open']);
  server.last().close(1006);
  await clock.advance(1_000);
  expect(states).toEqual(['open', 'open', 'open']);
  stop();
  await clock.advance(300_000);
  expect(states).toHaveLength(3);
});

test('a poll waits for no link that nobody asked for, or that does not come', async () => {
  const idle = makePresence({ autoConnect: false });
  const read = vi.fn(async () => 1);
  createPoll(idle.presence, read).subscribe(() => {});
  expect(read).toHaveBeenCalledTimes(1);

  const down = makePresence();
  down.server.answers = false;
  await settle();
  const other = vi.fn(async () => 1);
  createPoll(down.presence, other).subscribe(() => {});
  expect(other).not.toHaveBeenCalled();
  for (let failure = 0; failure < 5; failure++) {
    down.server.last().close(1006);
    await down.clock.advance(1_000);
  }
  expect(other).toHaveBeenCalledTimes(1);
});

test.each([
  [
    Response.json({ error: { code: 'RATE_LIMITED', message: 'slower', retry: 'later' } }, { status: 429 }),
    { code: 'RATE_LIMITED', message: 'slower', retry: 'later' },
  ],
  [new Response('<h1>Bad gateway</h1>', { status: 502 }), { code: 'INTERNAL', message: 'The server answered 502.', retry: 'later' }],
])('a refusal is a PresenceError, whoever refused', async (answer, error) => {
  vi.stubGlobal('fetch', async () => answer);
  await expect(fetchOnlineCount(makePresence().presence)).rejects.toMatchObject({ name: 'PresenceError', ...error });
});

test('asks for the page that is wanted', async () => {
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url);
    return Response.json({ users: [], count: 0 });
  });
  const { presence } = makePresence({ url: 'wss://a.test/presence/v1/ws' });
  await fetchOnline(presence, { limit: 3, after: 'ann & bob' });
  expect(asked).toEqual(['https://a.test/presence/v1/online?limit=3&after=ann%20%26%20bob']);
});
