import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeLastSeen, nextDescriptionMs } from './describe-last-seen.ts';
import type { Signal } from './environment.ts';
// Loaded beforehand: on demand it would take its time by a clock that is not the test's.
import './find-tabs.ts';
import { observeLabel } from './label.ts';
import { makePresence, type TestPresence } from './testing/make-presence.ts';
import { settle } from './testing/manual-clock.ts';
import { record } from './testing/scripted-server.ts';
import { stageTabs } from './testing/stage-tabs.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 150);

type Step =
  | { do: 'frame'; frame: unknown }
  | { do: 'text'; text: string }
  | { do: 'close'; code: number }
  | { do: 'wait'; ms: number }
  | { do: 'signal'; signal: Signal }
  | { do: 'ask'; what: 'fetch' | 'status' | 'activity' | 'watch' | 'close' | 'connect' };

const types = ['welcome', 'snapshot', 'changes', 'presences', 'ok', 'error', 'ping', 'bye', 'made-up', null, 7];
const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(null, -1, 0, 1e300, '', '__proto__', [], {}, [null], [{}]));
const someone = fc.oneof(
  odd,
  fc.record(
    {
      id: fc.oneof(fc.constantFrom('alice', 'bob', '__proto__'), odd),
      status: fc.constantFrom('online', 'offline', 'nothing'),
      online: fc.boolean(),
      version: fc.oneof(fc.nat(20), odd),
      lastSeenAt: fc.oneof(fc.nat(), odd),
    },
    { requiredKeys: [] },
  ),
);
/** Near to a frame in most ways, and far from it in some. */
const frame = fc.record(
  {
    type: fc.constantFrom(...types),
    seq: fc.oneof({ weight: 8, arbitrary: fc.constant('next') }, { weight: 1, arbitrary: odd }),
    at: fc.oneof(fc.nat(), odd),
    now: fc.oneof(fc.nat(), odd),
    request: fc.oneof(fc.constantFrom('own', 'w1', 'w2'), odd),
    presences: fc.oneof({ weight: 4, arbitrary: fc.array(someone, { maxLength: 3 }) }, { weight: 1, arbitrary: odd }),
    session: fc.oneof(fc.constant('session-1'), odd),
    user: odd,
    resumed: fc.oneof(fc.boolean(), odd),
    thresholds: fc.oneof(fc.constant({ awayAfterMs: 300_000, pingMs: 15_000, flushMs: 100 }), odd),
    limits: fc.oneof(fc.constant({ frameBytesMax: 16_384, idsMax: 2, watchesMax: 3 }), odd),
    code: fc.oneof(fc.constantFrom(4401, 1012, 'RATE_LIMITED'), odd),
    retry: fc.oneof(fc.constantFrom('later', 'never', 'signed-in'), odd),
    retryAfterMs: fc.oneof(fc.nat(20_000), odd),
    begin: odd,
    end: odd,
  },
  { requiredKeys: ['type', 'seq'] },
);

const signals = fc.constantFrom<Signal[]>('input', 'shown', 'hidden', 'frozen', 'resumed', 'closing', 'online', 'offline');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('frame' as const), frame }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('text' as const),
      text: fc.oneof(fc.string(), fc.constantFrom('null', '7', '[]', '{}', '"x"')),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), code: fc.constantFrom(1000, 1006, 1012, 4401, 4409, 4429, 9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(40_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('signal' as const), signal: signals }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      what: fc.constantFrom(
        'fetch' as const,
        'status' as const,
        'activity' as const,
        'watch' as const,
        'close' as const,
        'connect' as const,
      ),
    }),
  },
);

async function live({ presence, server, clock, signal }: TestPresence, one: Step): Promise<void> {
  const far = server.sockets.at(-1);
  if (one.do === 'frame') {
    const { seq, ...rest } = one.frame as { seq: unknown };
    if (seq === 'next') far?.say(rest as never);
    else far?.raw(JSON.stringify({ ...rest, seq }));
  } else if (one.do === 'text') far?.raw(one.text);
  else if (one.do === 'close') far?.close(one.code);
  else if (one.do === 'wait') await clock.advance(one.ms);
  else if (one.do === 'signal') signal(one.signal);
  else if (one.what === 'fetch') presence.fetch(['alice']).catch(() => {});
  else if (one.what === 'status') presence.setStatus('busy').catch(() => {});
  else if (one.what === 'activity') presence.setActivity({ screen: 'inbox' });
  else if (one.what === 'watch') presence.watch(['carol'])();
  else if (one.what === 'close') presence.close();
  else presence.connect();
  await settle();
}

test('[S23.3] whatever the server says, nothing is thrown, and with sense comes the truth', async () => {
  let opened = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const world = makePresence({ token: () => 'a token', onError: () => {} });
      const { presence, server, clock } = world;
      const show = () => {
        const known = presence.get('alice');
        if (known) describeLastSeen(known, presence.now(), 'en', 'UTC');
      };
      presence.watch(['alice', 'bob'], show);
      observeLabel(presence, 'bob', (known, now) => nextDescriptionMs(known, now, 'UTC'), show);
      await settle();
      for (const one of steps) {
        await live(world, one);
        expect(['connecting', 'open', 'waiting', 'closed']).toContain(presence.connection.name);
        expect(Number.isFinite(presence.now())).toBe(true);
      }
      // A sensible server, and a user who signs in again if that is what it takes. Its versions are of another era than what was made up.
      server.resumes = false;
      server.record = (id) => record(id, { version: 1, status: 'busy' });
      presence.close();
      presence.connect();
      await clock.advance(60_000);
      expect(presence.connection.name).toBe('open');
      expect(presence.get('alice')).toEqual(record('alice', { version: 1, status: 'busy' }));
      if (server.sockets.length > 2) opened++;
      presence.close();
    }),
    { numRuns: RUNS },
  );
  expect(opened).toBeGreaterThan(RUNS / 10);
}, 120_000);

test('[S23.3] nor in tabs that share', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 10 }), async (frames) => {
      const { clock, server, openTab } = stageTabs();
      const tabs = [openTab(), openTab()];
      for (const { presence } of tabs) presence.watch(['alice']);
      await settle();
      for (const { seq: _seq, ...rest } of frames) {
        server.sockets.at(-1)?.say(rest as never);
        await settle();
      }
      server.resumes = false;
      server.record = (id) => record(id, { status: 'dnd' });
      for (const { presence } of tabs) {
        presence.close();
        presence.connect();
      }
      await clock.advance(60_000);
      expect(tabs.map(({ presence }) => [presence.connection.name, presence.get('alice')?.status])).toEqual(Array(2).fill(['open', 'dnd']));
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  );
}, 120_000);
