import { expect, test } from 'vitest';
import { makePresence, tokenOf } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';

test('[S23.8] sends the next token before the last ends, without a new connection', async () => {
  const expiresAt = (clockNow: number) => Math.floor(clockNow / 1_000) + 3_600;
  const tokens: string[] = [];
  const { clock, server } = makePresence({
    token: () => {
      const token = tokenOf({ sub: 'me', exp: expiresAt(clock.now()), n: tokens.length });
      tokens.push(token);
      return token;
    },
  });
  await settle();
  await clock.advance(3_540_000 - 1);
  expect(server.last().of('token')).toEqual([]);
  await clock.advance(1);
  expect(server.last().of('token')).toMatchObject([{ token: tokens[1] }]);
  await clock.advance(3_540_000);
  expect(server.last().of('token')).toMatchObject([{ token: tokens[1] }, { token: tokens[2] }]);
  expect(server.sockets).toHaveLength(1);
});

test('asks again for the next token while there is none', async () => {
  let calls = 0;
  const { clock, server } = makePresence({
    token: () => {
      if (++calls > 1 && calls < 4) throw new Error('no network');
      return tokenOf({ sub: 'me', exp: Math.floor(clock.now() / 1_000) + 100, calls });
    },
  });
  await settle();
  await clock.advance(99_500);
  expect(calls).toBe(4);
  expect(server.last().of('token')).toHaveLength(1);
});

test('renews by the server’s time, however wrong the clock of this machine is', async () => {
  const hourMs = 3_600_000;
  let calls = 0;
  const { clock, server } = makePresence({
    token: () => {
      calls++;
      return tokenOf({ sub: 'me', exp: Math.floor((clock.now() - hourMs) / 1_000) + 600, calls });
    },
  });
  server.now = () => clock.now() - hourMs;
  await settle();
  await clock.advance(539_000);
  expect(calls).toBe(1);
  await clock.advance(2_000);
  expect(server.last().of('token')).toHaveLength(1);
});
