import { Engine, type LoadedUser, neverStored, type Session, type User } from '@porchlight/engine';
import { beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from './clock.ts';
import { createMemoryStore } from './stores/memory.ts';
import type { Store, StoreBatch } from './stores/store.ts';
import { WriteBehind } from './write-behind.ts';

const RULES = { onlineRule: 'everyone', lastSeenRule: 'everyone', coarseLastSeenRule: 'nobody' } as const;
const FLUSH_MS = 200;
const BEAT_MS = 1_000;
const DETAILS = { dialect: 'native', platform: null, appVersion: null, device: null, screen: null };

/** Lets everything that is already decided happen; no time passes. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

let clock: ManualClock;
let engine: Engine;
/** The real memory store; what it is given is kept, and refused when the test says so. */
let store: Store;
let batches: StoreBatch[];
let refuses: (batch: StoreBatch) => boolean;
let held: (() => void)[] | undefined;
let writeBehind: WriteBehind;
let errors: unknown[];
let refused: string[];
let sessions = 0;

beforeEach(async () => {
  clock = createManualClock();
  engine = new Engine();
  const memory = createMemoryStore();
  await memory.open('n1', clock.now());
  [batches, errors, refused, refuses, held] = [[], [], [], () => false, undefined];
  store = {
    ...memory,
    async write(batch) {
      batches.push(structuredClone(batch));
      const waiting = held;
      if (waiting !== undefined) await new Promise<void>((resolve) => waiting.push(resolve));
      if (refuses(batch)) throw new Error('refused');
      await memory.write(batch);
    },
  };
  writeBehind = new WriteBehind({
    store,
    clock,
    node: 'n1',
    isShared: false,
    onBuried: () => {},
    flushMs: FLUSH_MS,
    beatMs: BEAT_MS,
    onError: (error) => errors.push(error),
    onRefused: (user) => refused.push(user),
    onWritten: () => {},
  });
  writeBehind.start();
});

function user(id: string, given: Partial<LoadedUser> = {}): User {
  engine.step({ type: 'loaded', tenant: 'app', users: [{ ...neverStored(id, RULES), ...given }] }, clock.now());
  return engine.roster.find('app', id) as User;
}

function open(id: string): Session {
  user(id);
  sessions += 1;
  const event = { type: 'open', session: sessions, tenant: 'app', user: id, kind: 'link', details: DETAILS, deviceKey: null } as const;
  engine.step(event, clock.now());
  return engine.session(sessions) as Session;
}

const stored = async (...ids: string[]) => (await store.load('app', ids)).map((each) => each.user).sort();
const usersOf = (batch: StoreBatch | undefined) => batch?.users.map((each) => each.user);
const has = (id: string) => (batch: StoreBatch) => batch.users.some((each) => each.user === id);

async function pass(ms: number): Promise<void> {
  const end = clock.now() + ms;
  while (clock.nextAlarmAt() <= end) {
    clock.advance(Math.max(0, clock.nextAlarmAt() - clock.now()));
    await turn();
  }
  clock.advance(end - clock.now());
  await turn();
}

describe('writing behind', () => {
  test('[S12.1] a user who changes a hundred times before the write is one row, as it is by then', async () => {
    const ann = user('ann');
    for (let change = 0; change < 100; change += 1) {
      ann.seenAt = clock.now() + change;
      writeBehind.saveUser(ann);
    }
    await pass(FLUSH_MS - 1);
    expect(batches).toEqual([]);
    await pass(1);
    expect(batches).toHaveLength(1);
    expect(batches[0]?.users).toMatchObject([{ user: 'ann', seenAt: clock.now() - FLUSH_MS + 99 }]);
  });

  test('[S12.2] one write is under way at a time; what is noted meanwhile goes into the next', async () => {
    held = [];
    writeBehind.saveUser(user('ann'));
    await pass(FLUSH_MS);
    writeBehind.saveUser(user('bob'));
    await pass(BEAT_MS);
    expect(batches.map(usersOf)).toEqual([['ann']]);
    const waiting = held;
    held = undefined;
    for (const release of waiting) release();
    await turn();
    await pass(FLUSH_MS);
    expect(batches.map(usersOf)).toEqual([['ann'], ['bob']]);
  });

  test('[S12.3] a write that fails is repeated with what came meanwhile, half a second later, however much is noted', async () => {
    refuses = () => true;
    writeBehind.saveUser(user('ann'));
    writeBehind.relate({ tenant: 'app', user: 'ann', kind: 'contact', other: 'bob', present: true });
    await pass(FLUSH_MS);
    expect(errors).toHaveLength(1);
    refuses = () => false;
    writeBehind.relate({ tenant: 'app', user: 'ann', kind: 'contact', other: 'bob', present: false });
    writeBehind.saveUser(user('bob'));
    await pass(499);
    expect(batches).toHaveLength(1);
    await pass(1);
    expect(batches).toHaveLength(2);
    expect(batches[1]?.relations.map(({ present }) => present)).toEqual([true, false]);
    expect(await stored('ann', 'bob')).toEqual(['ann', 'bob']);
    expect((await store.load('app', ['ann']))[0]?.contacts).toEqual([]);
    expect(writeBehind.pendingCount).toBe(0);
  });

  test('[S12.4] whoever waits is told when it is durable, or that the store refuses it for now', async () => {
    const ann = user('ann');
    writeBehind.saveUser(ann);
    await writeBehind.flushed();
    expect(await stored('ann')).toEqual(['ann']);
    refuses = () => true;
    writeBehind.saveUser(ann);
    await expect(writeBehind.flushed(ann)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    refuses = () => false;
    await pass(500);
    expect(writeBehind.pendingCount).toBe(0);
  });

  test('[S12.4] whoever asks while a write is under way waits for the next one', async () => {
    held = [];
    writeBehind.saveUser(user('ann'));
    await pass(FLUSH_MS);
    writeBehind.saveUser(user('bob'));
    let done = false;
    const waiting = writeBehind.flushed().then(() => {
      done = true;
    });
    held[0]?.();
    await turn();
    expect(done).toBe(false);
    held[1]?.();
    await waiting;
    expect(await stored('bob')).toEqual(['bob']);
  });

  test('[S12.5] the node says once a second that it is alive, with nothing to write too', async () => {
    await pass(3_500);
    expect(batches.map(({ beat, users }) => [beat?.at, users.length])).toEqual(
      [1, 2, 3].map((second) => [clock.now() - 3_500 + second * BEAT_MS, 0]),
    );
  });

  test('[S12.6] closing writes what is left, also after a failure, and answers those who wait', async () => {
    let attempts = 0;
    refuses = () => ++attempts === 1;
    writeBehind.saveUser(user('ann'));
    await writeBehind.close();
    expect(await stored('ann')).toEqual(['ann']);
    expect(clock.nextAlarmAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('[S12.6] closing while a write is under way answers whoever waits for the next', async () => {
    held = [];
    writeBehind.saveUser(user('ann'));
    await pass(FLUSH_MS);
    const waiting = writeBehind.flushed();
    const closing = writeBehind.close();
    const release = held;
    held = undefined;
    for (const each of release) each();
    await Promise.all([closing, waiting]);
  });

  test('[S12.6] closing on a store that takes nothing ends', async () => {
    refuses = () => true;
    writeBehind.saveUser(user('ann'));
    await writeBehind.close();
    expect(writeBehind.pendingCount).toBeGreaterThan(0);
  });

  test('[S12.8] sessions are written as they are: open, lost as ended at the last sign of life, opted out not at all', async () => {
    const live = open('ann');
    const lost = open('bob');
    engine.step({ type: 'lost', session: lost.number }, clock.now() + 5_000);
    const out = open('cara');
    engine.step({ type: 'settings', tenant: 'app', user: 'cara', optedOut: true }, clock.now());
    for (const session of [live, lost, out]) writeBehind.saveSession(session);
    await writeBehind.flushed();
    expect(batches[0]?.sessions).toMatchObject([
      { user: 'ann', endedAt: null, endReason: null },
      { user: 'bob', endedAt: clock.now(), endReason: 'lost' },
    ]);
  });

  test('[S12.8] what an opt-out forgets is forgotten before anything new is written', async () => {
    const ann = open('ann').user;
    writeBehind.saveUser(ann);
    await writeBehind.flushed();
    writeBehind.forget(ann);
    writeBehind.saveUser(user('bob'));
    await writeBehind.flushed();
    expect(await store.load('app', ['ann'])).toMatchObject([{ seenAt: null }]);
  });
});

describe('[S12.7] what the store will never take of one user', () => {
  const manyWith = (poison: string) => {
    for (let index = 0; index < 200; index += 1) writeBehind.saveUser(user(`u${index}`));
    writeBehind.saveUser(user(poison));
    refuses = has(poison);
  };

  test('holds nobody else up: all others are stored, beats go on, and it is said', async () => {
    manyWith('u77');
    await pass(FLUSH_MS + 500);
    expect(await stored('u0', 'u77', 'u199')).toEqual(['u0', 'u199']);
    expect(refused).toEqual(['app\u0000u77']);
    expect(batches.length).toBeLessThan(25);
    batches.length = 0;
    await pass(5_000);
    expect(batches.filter(({ beat }) => beat !== undefined)).toHaveLength(5);
    writeBehind.saveUser(user('later'));
    await pass(FLUSH_MS);
    expect(await stored('later')).toEqual(['later']);
  });

  test('is kept, and stored once the store takes it', async () => {
    manyWith('u77');
    await pass(FLUSH_MS + 500);
    expect(writeBehind.pendingCount).toBe(1);
    expect(writeBehind.holds(user('u77'))).toBe(true);
    refuses = () => false;
    await pass(61_000);
    expect(await stored('u77')).toEqual(['u77']);
    expect(writeBehind.pendingCount).toBe(0);
  });

  test('rejects only those who wait for that user', async () => {
    manyWith('u77');
    await pass(FLUSH_MS);
    // The second attempt is the one that is taken apart.
    const [other, own, all] = await Promise.allSettled([
      writeBehind.flushed(user('u1')),
      writeBehind.flushed(user('u77')),
      writeBehind.flushed(),
      pass(500),
    ]);
    expect([other.status, own.status, all.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('is not blamed when the store takes nothing: then everything waits together', async () => {
    manyWith('u77');
    refuses = () => true;
    await pass(10_000);
    expect(refused).toEqual([]);
    expect(writeBehind.pendingCount).toBe(200);
    expect(batches.length).toBeLessThan(60);
    refuses = () => false;
    await pass(500);
    expect(await stored('u77', 'u5')).toEqual(['u5', 'u77']);
  });
});
