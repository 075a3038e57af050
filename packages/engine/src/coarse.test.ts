import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coarseTime } from './coarse.ts';
import type { LoadedUser } from './events.ts';
import type { Slot } from './presence.ts';
import { APP, as, START_AT, Stage } from './stage.ts';
import { audienceOf, tellsApart, UNKNOWN_VIEW, type View } from './visibility.ts';

/** Ten minutes, and ten of them: whatever happens, happens in each of them, or not. */
const BUCKET_MS = 600_000;
const BUCKETS = 10;
const FIRST = Math.ceil(START_AT / BUCKET_MS);
const startOf = (bucket: number) => (FIRST + bucket) * BUCKET_MS;
const BUCKETS_ONLY = { onlineRule: 'nobody', lastSeenRule: 'nobody', coarseLastSeenRule: 'everyone' } as const;

function aStage(): Stage {
  const stage = new Stage({ lastSeenBucketMs: BUCKET_MS });
  stage.advance(startOf(0) - stage.now);
  stage.load('ann', BUCKETS_ONLY);
  return stage;
}

/** What a viewer is to be shown in this bucket, if the last sign of life before its beginning was given in that one. */
function expected(bucket: number, seenIn: number | null): View {
  if (seenIn === null) return UNKNOWN_VIEW;
  const isRecent = seenIn >= bucket - 1;
  const time = isRecent
    ? { lastSeenAt: startOf(bucket - 1), lastSeenWithinMs: 2 * BUCKET_MS }
    : { lastSeenAt: startOf(seenIn), lastSeenWithinMs: BUCKET_MS };
  return { ...UNKNOWN_VIEW, ...time };
}

describe('[I6c] [S8.4] a time in buckets', () => {
  const time = fc.integer({ min: START_AT, max: START_AT + BUCKETS * BUCKET_MS });
  const within = fc.nat(BUCKET_MS - 1);

  test('tells of the absolute times nothing but their buckets, and of the two youngest not which', () => {
    fc.assert(
      fc.property(time, time, within, within, (one, other, seenMs, nowMs) => {
        const [seenAt, now] = [Math.min(one, other), Math.max(one, other)];
        const told = coarseTime(seenAt, BUCKET_MS, now);
        expect(seenAt).toBeGreaterThanOrEqual(told.lastSeenAt);
        expect(seenAt).toBeLessThan(told.lastSeenAt + told.withinMs);
        const bucketOf = (at: number) => Math.floor(at / BUCKET_MS);
        expect(coarseTime(bucketOf(seenAt) * BUCKET_MS + seenMs, BUCKET_MS, bucketOf(now) * BUCKET_MS + nowMs)).toEqual(told);
        const youngest = [now, now - BUCKET_MS].map((at) => coarseTime(at, BUCKET_MS, now));
        expect(youngest[0]).toEqual(youngest[1]);
      }),
    );
  });
});

/** Something that ann does, at a time after the first bucket began. */
interface Deed {
  readonly at: number;
  readonly does: 'come' | 'word' | 'lose' | 'resume' | 'go' | 'hide' | 'show' | 'appear offline' | 'appear' | 'be let go from memory';
}

const deed: fc.Arbitrary<Deed> = fc.record({
  at: fc.nat(BUCKETS * BUCKET_MS - 1),
  does: fc.constantFrom(
    'come',
    'word',
    'word',
    'lose',
    'resume',
    'go',
    'hide',
    'show',
    'appear offline',
    'appear',
    'be let go from memory',
  ),
});

/** Does it, and says whether others were thereby shown a sign of life. */
class Ann {
  readonly stage = aStage();
  #session: number | null = null;
  #state: 'none' | 'live' | 'lost' = 'none';
  #hidden = false;
  #invisible = false;

  does({ does }: Deed): boolean {
    const { stage } = this;
    if (stage.engine.session(this.#session ?? -1) === undefined) this.#state = 'none';
    const session = this.#session as number;
    const counts = !this.#hidden && !this.#invisible;
    const isLive = this.#state === 'live';
    switch (does) {
      case 'come':
        if (this.#state !== 'none') return false;
        this.#session = stage.open('ann');
        [this.#state, this.#hidden] = ['live', false];
        return !this.#invisible;
      case 'word':
        stage.step({ type: 'alive', session, of: stage.now % 2 === 0 ? 'page' : 'link' });
        return isLive && counts;
      case 'lose':
        stage.step({ type: 'lost', session });
        if (isLive) this.#state = 'lost';
        return false;
      case 'resume':
        stage.step({ type: 'resume', session });
        if (this.#state !== 'lost') return false;
        this.#state = 'live';
        return counts;
      case 'go':
        stage.step({ type: 'leave', session, reason: 'left' });
        this.#state = 'none';
        return isLive && counts;
      case 'hide':
      case 'show': {
        if (!isLive || this.#hidden === (does === 'hide')) return false;
        stage.step({ type: 'show', session, shown: does === 'show' });
        this.#hidden = does === 'hide';
        return !this.#invisible;
      }
      case 'appear offline':
      case 'appear':
        this.#invisible = does === 'appear offline';
        stage.settings('ann', { availability: this.#invisible ? 'invisible' : 'auto' });
        return false;
      case 'be let go from memory':
        this.#forget();
        return false;
    }
  }

  // As the store has her meanwhile.
  #forget(): void {
    const { stage } = this;
    const ann = stage.user('ann');
    const { facts, held } = ann;
    if (!stage.engine.evict(ann)) return;
    const { restingSeenAt, restingActiveAt } = facts;
    const times = { seenAt: ann.seenAt, activeAt: ann.activeAt, restingSeenAt, restingActiveAt };
    const coarse = { coarseSeenAt: held?.seenAt ?? null, coarseUntilAt: held?.untilAt ?? null };
    stage.load('ann', { ...BUCKETS_ONLY, ...times, ...coarse, availability: facts.claim.availability });
  }
}

/** Everything that a viewer who asks at these times is answered. */
function answers(
  deeds: readonly Deed[],
  polls: readonly number[],
  check?: (view: View, bucket: number, seenIn: readonly number[]) => void,
) {
  const ann = new Ann();
  const { stage } = ann;
  const all = [...deeds.map((each) => ({ ...each, isPoll: false })), ...polls.map((at) => ({ at, does: 'word' as const, isPoll: true }))];
  const seenIn: number[] = [];
  const told: View[] = [];
  for (const each of all.sort((a, b) => a.at - b.at)) {
    stage.advance(startOf(0) + each.at - stage.now);
    const bucket = Math.floor(each.at / BUCKET_MS);
    if (each.isPoll) {
      told.push(stage.see('ann'));
      check?.(told.at(-1) as View, bucket, seenIn);
    } else if (ann.does(each)) seenIn.push(bucket);
  }
  return told;
}

const polls = fc.array(fc.nat(BUCKETS * BUCKET_MS - 1), { maxLength: 40, size: 'max' });

describe('[I6c] [S8.5] whoever asks as often as they like', () => {
  test('is answered by the bucket of the moment and by what was shown before it began, and by nothing else', () => {
    let returns = 0;
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60, size: 'max' }), polls, (deeds, times) => {
        let last = 0;
        answers(deeds, times, (view, bucket, seenIn) => {
          const before = seenIn.filter((each) => each < bucket);
          expect(view).toEqual(expected(bucket, before.at(-1) ?? null));
          // [S8.1] [I2]
          expect(view.lastSeenAt ?? last).toBeGreaterThanOrEqual(last);
          last = view.lastSeenAt ?? last;
          if (seenIn.includes(bucket) && (before.at(-1) ?? -2) < bucket - 1) returns += 1;
        });
      }),
      { numRuns: 600 },
    );
    expect(returns).toBeGreaterThan(100);
  });

  test('cannot tell two lives apart in which somebody was, or was not, seen in the same buckets, at whatever moments', () => {
    const life = fc.array(fc.array(fc.nat(BUCKET_MS - 3), { minLength: 1, maxLength: 4 }), { minLength: BUCKETS, maxLength: BUCKETS });
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: BUCKETS, maxLength: BUCKETS }), life, life, polls, (isSeen, one, other, times) => {
        const visits = (moments: readonly number[][]): Deed[] =>
          isSeen.flatMap((seen, bucket) => {
            if (!seen) return [];
            const ats = (moments[bucket] as number[]).map((at) => bucket * BUCKET_MS + at);
            const [first, end] = [Math.min(...ats), Math.max(...ats) + 2];
            const words = ats.map((at): Deed => ({ at: at + 1, does: 'word' }));
            return [{ at: first, does: 'come' }, ...words, { at: end, does: 'go' }];
          });
        expect(answers(visits(one), times)).toEqual(answers(visits(other), times));
      }),
      { numRuns: 200 },
    );
  });

  test('sees nobody return who stops hiding, though a crash should come before their next sign of life', () => {
    const stage = aStage();
    const session = stage.open('ann');
    stage.settings('ann', { availability: 'invisible' });
    stage.advance(4 * BUCKET_MS);
    stage.step({ type: 'alive', session, of: 'page' });
    stage.advance(1);
    const outcome = stage.settings('ann', { availability: 'auto' });
    expect(outcome.users).toEqual([stage.user('ann')]);
    expect(stage.user('ann').held).toEqual({ seenAt: startOf(0), untilAt: startOf(5) });
    stage.advance(BUCKET_MS);
    expect(stage.see('ann')).toEqual(expected(5, 0));
    stage.step({ type: 'alive', session, of: 'page' });
    expect(stage.see('ann')).toEqual(expected(5, 0));
    stage.advance(BUCKET_MS);
    expect(stage.see('ann')).toEqual(expected(6, 5));
  });

  test('is not told anything, whatever is done, until their rights are others', () => {
    const stage = aStage();
    const session = stage.open('ann');
    stage.advance(BUCKET_MS);
    stage.step({ type: 'leave', session, reason: 'left' });
    stage.open('ann');
    const audience = (facts: Parameters<typeof audienceOf>[3]) => audienceOf(as('bob'), APP, 'ann', facts);
    const told = () =>
      stage.outcomes
        .splice(0)
        .flatMap(({ changes }) =>
          changes.filter(({ before, after }) => tellsApart(before, audience(before), after, audience(after), 'online')),
        );
    expect(told()).toEqual([]);
    stage.settings('ann', { coarseLastSeenRule: 'contacts' });
    expect(told()).toHaveLength(1);
    expect(stage.see('ann', as('bob'))).toBe(UNKNOWN_VIEW);
    stage.relate('ann', 'contact', 'bob');
    expect(told()).toHaveLength(1);
    expect(stage.see('ann', as('bob'))).toMatchObject({ status: 'offline', version: 0, lastSeenWithinMs: 2 * BUCKET_MS });
  });
});

describe('[S7.14] the coarse rule', () => {
  test('holds for those whom the others allow nothing, and for nobody who is shut out', () => {
    const stage = aStage();
    stage.open('ann');
    stage.advance(2 * BUCKET_MS);
    const within = (viewer = as('bob')) => stage.see('ann', viewer).lastSeenWithinMs;
    expect(within()).toBe(BUCKET_MS);
    expect(within(as(null))).toBe(BUCKET_MS);
    expect(within(as('bob', 'other'))).toBeNull();
    expect(within(as('ann'))).toBeNull();
    stage.settings('ann', { lastSeenRule: 'everyone' });
    expect(within()).toBeNull();
    stage.settings('ann', { lastSeenRule: 'nobody', onlineRule: 'everyone' });
    expect(within()).toBeNull();
    stage.settings('ann', { onlineRule: 'nobody' });
    expect(within()).toBe(BUCKET_MS);
    stage.relate('ann', 'block', 'bob');
    expect(stage.see('ann', as('bob'))).toBe(UNKNOWN_VIEW);
    expect(stage.see('ann', as(null))).toBe(UNKNOWN_VIEW);
    expect(within(as('cat'))).toBe(BUCKET_MS);
    stage.settings('ann', { optedOut: true });
    expect(stage.see('ann', as('cat'))).toBe(UNKNOWN_VIEW);
    stage.settings('ann', { optedOut: false });
    expect(stage.see('ann', as('cat'))).toBe(UNKNOWN_VIEW);
    stage.advance(BUCKET_MS);
    expect(within(as('cat'))).toBe(2 * BUCKET_MS);
  });

  test('[S7.10] [S7.12] makes nobody appear in a count', () => {
    const stage = aStage();
    stage.open('ann');
    expect(stage.engine.roster.tenant(APP)?.count(as('bob'))).toBe(0);
  });

  test('is that of the engine for whoever never set one: nobody', () => {
    const stage = new Stage();
    stage.load('ann', { onlineRule: 'nobody', lastSeenRule: 'nobody' });
    stage.open('ann');
    stage.advance(10 * 86_400_000);
    expect(stage.see('ann')).toBe(UNKNOWN_VIEW);
    expect(stage.user('ann').held).toBeNull();
  });
});

describe('[S24.8] of somebody who is on another node', () => {
  const slot = { status: 'online', certainty: 'certain', sinceAt: START_AT, platforms: [] } as const;
  const receive = (stage: Stage, given: Slot | null, seenAt: number | null) =>
    stage.step({ type: 'slot', tenant: APP, user: 'ann', node: 'n2', slot: given, seenAt, activeAt: null });

  test('[I6c] every bucket knows, though no sign of life is told; a return there is held back here too', () => {
    const stage = aStage();
    stage.advance(1);
    receive(stage, slot, stage.now);
    expect(stage.see('ann')).toBe(UNKNOWN_VIEW);
    for (let bucket = 1; bucket < 6; bucket += 1) {
      stage.advance(BUCKET_MS);
      expect(stage.see('ann')).toEqual(expected(bucket, bucket - 1));
    }
    stage.advance(5);
    receive(stage, null, stage.now - 3);
    expect(stage.see('ann')).toEqual(expected(5, 4));
    stage.advance(BUCKET_MS);
    expect(stage.see('ann')).toEqual(expected(6, 5));
  });

  test('[I2] [I6c] whoever has been there since before this bucket does not return in it, though only now heard of', () => {
    const stage = new Stage({ lastSeenBucketMs: BUCKET_MS });
    stage.load('ann', { ...BUCKETS_ONLY, seenAt: START_AT, restingSeenAt: START_AT });
    stage.advance(startOf(5) - stage.now);
    const since = (ms: number) => ({ ...slot, sinceAt: stage.now - ms });
    receive(stage, since(1.5 * BUCKET_MS), stage.now - 1.5 * BUCKET_MS);
    expect(stage.user('ann').held).toBeNull();
    expect(stage.see('ann')).toEqual(expected(5, 4));
    stage.advance(4 * BUCKET_MS);
    receive(stage, null, stage.now - 3 * BUCKET_MS);
    stage.advance(BUCKET_MS);
    const before = stage.see('ann');
    stage.advance(5);
    receive(stage, since(4), stage.now - 4);
    expect(stage.see('ann')).toEqual(before);
  });

  test('[I2] nothing goes back before the bucket is over, when the node dies and is yet to be read in the store', () => {
    const stage = aStage();
    receive(stage, slot, stage.now);
    stage.advance(5 * BUCKET_MS);
    expect(stage.see('ann')).toEqual(expected(5, 4));
    receive(stage, null, null);
    expect(stage.see('ann')).toEqual(expected(5, 4));
    const times = { seenAt: stage.now - 9, activeAt: null, restingSeenAt: stage.now - 9, restingActiveAt: null };
    stage.step({ type: 'seen', tenant: APP, user: 'ann', times });
    expect(stage.see('ann')).toEqual(expected(5, 4));
    stage.advance(BUCKET_MS);
    expect(stage.see('ann')).toEqual(expected(6, 4));
  });

  test('[I6c] what another node has stored that it holds back is held back here', () => {
    const stage = aStage();
    stage.advance(5 * BUCKET_MS + 7);
    const ann = stage.user('ann');
    const stored: LoadedUser = {
      ...{ user: 'ann', ...BUCKETS_ONLY, availability: 'auto', availabilityUntilAt: null, text: null, optedOut: false, signedOutAt: null },
      ...{ contacts: [], blocked: [], profile: null, activeAt: null, restingActiveAt: null },
      ...{ seenAt: stage.now, restingSeenAt: stage.now, coarseSeenAt: startOf(1), coarseUntilAt: startOf(6) },
    };
    stage.step({ type: 'reloaded', tenant: APP, users: [stored] });
    expect(ann.held).toEqual({ seenAt: startOf(1), untilAt: startOf(6) });
    expect(stage.see('ann')).toEqual(expected(5, 1));
    stage.advance(BUCKET_MS);
    expect(stage.see('ann')).toEqual(expected(6, 5));
  });
});
