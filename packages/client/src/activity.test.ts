import { expect, test } from 'vitest';
import { makePresence } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';

test('reports activity as a duration: the first input at once, further ones together', async () => {
  const { server, clock, signal } = makePresence();
  await settle();
  const far = server.last();
  const sent = () => far.of('activity').length;
  const begun = sent();
  await clock.advance(150_000);
  signal('input');
  expect(sent()).toBe(begun + 1);
  for (let second = 0; second < 90; second++) {
    signal('input');
    await clock.advance(1_000);
  }
  expect(sent()).toBe(begun + 1);
  await clock.advance(10_000);
  expect(far.of('activity').at(-1)).toEqual({ type: 'activity', idleMs: 11_000, background: false });
  expect(sent()).toBe(begun + 2);
  await clock.advance(500_000);
  expect(sent()).toBe(begun + 2);
});

test('[S23.1] the background is told when it lasted, and coming back at once', async () => {
  const { server, clock, signal } = makePresence();
  await settle();
  const far = server.last();
  signal('hidden');
  await clock.advance(1_499);
  signal('shown');
  await clock.advance(10_000);
  expect(far.of('activity').map(({ background }) => background)).not.toContain(true);
  expect(far.of('pace')).toEqual([]);
  signal('hidden');
  await clock.advance(1_500);
  expect(far.of('activity').at(-1)).toMatchObject({ background: true });
  expect(far.of('pace')).toEqual([{ type: 'pace', flushMs: 5_000 }]);
  signal('shown');
  expect(far.of('activity').at(-1)).toEqual({ type: 'activity', idleMs: 0, background: false });
  expect(far.of('pace').at(-1)).toEqual({ type: 'pace', flushMs: 100 });
});

test('[S23.1] a page that is frozen or closed waits for nothing', async () => {
  const { server, signal } = makePresence();
  await settle();
  const far = server.last();
  signal('hidden');
  signal('frozen');
  expect(far.of('activity').at(-1)).toMatchObject({ background: true });
  signal('resumed');
  signal('closing');
  expect(far.heard.at(-1)).toEqual({ type: 'closing' });
});

test('tells what the person looks at', async () => {
  const { presence, server } = makePresence();
  await settle();
  presence.setActivity({ screen: 'inbox' });
  presence.setActivity({ screen: 'inbox' });
  expect(
    server
      .last()
      .of('activity')
      .filter(({ screen }) => screen === 'inbox'),
  ).toHaveLength(1);
});
