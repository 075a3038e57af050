import type { StoreBatch } from '@porchlight/server';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StoreModel } from './model.ts';
import { aBatch, aSession, aUser, freshScene, loadOne, type OpenPlace, type Scene, SEED, T0 } from './scene.ts';

const TENANTS = ['one', 'two'];
const USERS = ['ann', 'bob'];

type Step = { type: 'write'; batch: (now: number, node: string) => StoreBatch } | { type: 'crash' | 'close' | 'again' };

const who = { tenant: fc.constantFrom(...TENANTS), user: fc.constantFrom(...USERS) };
/** Relative to the time of the step, so also late and out of order. */
const offset = fc.integer({ min: -60, max: 60 });
const maybe = fc.option(offset, { nil: null });

const userStep = fc.record({
  ...who,
  ...{ seen: maybe, active: maybe, resting: maybe, restingActive: maybe, coarse: maybe, coarseUntil: maybe, until: maybe },
  availability: fc.constantFrom('auto' as const, 'busy' as const, 'invisible' as const),
  optedOut: fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0),
  text: fc.option(fc.constantFrom('a', 'b'), { nil: null }),
});
const sessionStep = fc.record({
  ...who,
  id: fc.constantFrom('s1', 's2', 's3'),
  kind: fc.constantFrom('link' as const, 'lease' as const),
  // Mostly the node that runs; also one that only ever beats, and one that ended long ago.
  node: fc.constantFrom('present', 'present', 'present', 'present', 'elsewhere', 'node-1'),
  ...{ started: offset, seen: offset, until: offset, ended: fc.option(offset, { nil: null, freq: 2 }) },
  hidden: fc.boolean(),
});
const relationStep = fc.record({
  ...who,
  kind: fc.constantFrom('contact' as const, 'block' as const),
  other: fc.constantFrom(...USERS, 'eve'),
  present: fc.boolean(),
});
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 3 });

const write: fc.Arbitrary<Step> = fc
  .record({
    users: few(userStep),
    sessions: few(sessionStep),
    relations: few(relationStep),
    forget: fc.array(fc.record(who), { maxLength: 1 }),
    beat: fc.option(fc.record({ at: offset, elsewhere: fc.boolean() }), { nil: undefined }),
  })
  .map(({ users, sessions, relations, forget, beat }) => ({
    type: 'write' as const,
    batch: (now: number, node: string) => {
      const at = (by: number | null) => (by === null ? null : now + by);
      return aBatch({
        users: users.map(({ seen, active, resting, restingActive, coarse, coarseUntil, until, ...rest }) =>
          aUser({
            ...rest,
            ...{ seenAt: at(seen), activeAt: at(active), restingSeenAt: at(resting), restingActiveAt: at(restingActive) },
            ...{ coarseSeenAt: coarseUntil === null ? null : at(coarse), coarseUntilAt: at(coarseUntil) },
            availabilityUntilAt: at(until),
          }),
        ),
        sessions: sessions.map(({ started, seen, until, ended, node: holder, ...rest }) =>
          aSession({
            ...rest,
            ...{ node: holder === 'present' ? node : holder, startedAt: now + started, seenAt: now + seen },
            // A link has one while it is lost.
            ...{
              leaseUntilAt: rest.kind === 'lease' || ended !== null ? now + until : null,
              endedAt: at(ended),
              endReason: ended === null ? null : 'left',
            },
          }),
        ),
        relations,
        forget,
        ...(beat && { beat: { node: beat.elsewhere ? 'elsewhere' : node, at: now + beat.at } }),
      });
    },
  }));
const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 50 }),
    step: fc.oneof(
      { weight: 6, arbitrary: write },
      { weight: 1, arbitrary: fc.constant<Step>({ type: 'crash' }) },
      { weight: 1, arbitrary: fc.constant<Step>({ type: 'close' }) },
      { weight: 1, arbitrary: fc.constant<Step>({ type: 'again' }) },
    ),
  }),
  { minLength: 1, maxLength: 16 },
);

export function describeHistories(open: OpenPlace, histories: number): void {
  describe('random histories', () => {
    test('[I2] the store answers as the model does, through crashes, shutdowns and repeated batches', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          const scene = await freshScene(open);
          await play(scene, history);
          await scene.end();
        }),
        { seed: SEED, numRuns: histories },
      );
    }, 60_000);
  });
}

async function play(scene: Scene, history: { afterMs: number; step: Step }[]): Promise<void> {
  const model = new StoreModel();
  let now = T0;
  let nodes = 0;
  let node = '';
  let last = aBatch({});
  const start = async () => {
    node = `node-${++nodes}`;
    expect(sorted(await scene.start(node, now))).toEqual(sorted(model.open(node, now)));
  };
  await start();
  for (const { afterMs, step } of history) {
    now += afterMs;
    switch (step.type) {
      case 'write':
        last = step.batch(now, node);
        model.write(last);
        await scene.store.write(last);
        break;
      // A write whose answer was lost is called again: at once, so that nothing came between.
      case 'again':
        await scene.store.write(last);
        break;
      case 'crash':
        await scene.crash();
        last = aBatch({});
        await start();
        break;
      case 'close':
        model.close(node, now);
        await scene.close(node, now);
        last = aBatch({});
        await start();
        break;
    }
    await compare(scene, model);
  }
}

async function compare({ store }: Scene, model: StoreModel): Promise<void> {
  for (const tenant of TENANTS) {
    for (const user of USERS) {
      expect(await loadOne(store, tenant, user)).toEqual(model.load(tenant, user));
      expect(await store.sessions(tenant, user, 10)).toEqual(model.sessions(tenant, user));
    }
  }
}

function sorted<T extends { online: object[]; leases: object[] }>({ online, leases }: T) {
  const texts = (records: object[]) => records.map((record) => JSON.stringify(Object.entries(record).toSorted())).toSorted();
  return { online: texts(online), leases: texts(leases) };
}
