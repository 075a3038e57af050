import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Facts } from './presence.ts';
import { APP, as, Stage } from './stage.ts';
import { showsOnline } from './tenant.ts';
import { audienceOf, type Grain, tellsApart, type View, type Viewer, viewOf } from './visibility.ts';

const USERS = ['ann', 'bob', 'cara'] as const;
const VIEWERS: readonly Viewer[] = [
  ...USERS.map((user) => as(user)),
  as('dan'),
  as(null),
  { tenant: APP, user: null, all: true },
  as('ann', 'other'),
];

const user = fc.constantFrom(...USERS);
const other = fc.constantFrom(...USERS, 'dan');
const rule = fc.constantFrom('everyone', 'contacts', 'nobody');
const optional = { requiredKeys: [] as never[] };

/** One thing that can happen, in words that can be printed when it fails. */
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('open' as const), user, kind: fc.constantFrom('link', 'lease'), device: fc.nat(2) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('alive', 'activity', 'lost', 'resume', 'leave', 'hide', 'show', 'renew'),
      session: fc.nat(9),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('settings' as const),
      user,
      settings: fc.record(
        {
          availability: fc.constantFrom('auto', 'away', 'busy', 'dnd', 'invisible'),
          text: fc.constantFrom('hi', null),
          untilInMs: fc.constantFrom(1, 20_000, null),
          onlineRule: rule,
          lastSeenRule: rule,
          optedOut: fc.boolean(),
        },
        optional,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('relate' as const),
      user,
      kind: fc.constantFrom('contact', 'block'),
      other,
      present: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('sign-out' as const), user }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('slot' as const),
      user,
      node: fc.constantFrom('n2', 'n3'),
      status: fc.constantFrom('online', 'away', null),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 900, 14_000, 20_000, 301_000) }) },
);
type Action = typeof action extends fc.Arbitrary<infer Each> ? Each : never;

function perform(stage: Stage, each: Action): void {
  switch (each.type) {
    case 'open':
      stage.open(each.user, {
        kind: each.kind as 'link' | 'lease',
        deviceKey: `d${each.device}`,
        leaseMs: 60_000,
        answersPing: each.device === 0,
      });
      return;
    case 'settings': {
      const { untilInMs, ...settings } = each.settings;
      stage.settings(each.user, {
        ...settings,
        ...(untilInMs === undefined ? null : { untilAt: untilInMs === null ? null : stage.now + untilInMs }),
      } as never);
      return;
    }
    case 'relate':
      stage.relate(each.user, each.kind as 'contact' | 'block', each.other, each.present);
      return;
    case 'sign-out':
      stage.step({ type: 'sign-out', tenant: APP, user: each.user, reason: 'signed-out' });
      return;
    case 'slot': {
      const slot =
        each.status === null ? null : { status: each.status as 'online', certainty: 'certain' as const, sinceAt: stage.now, platforms: [] };
      stage.step({ type: 'slot', tenant: APP, user: each.user, node: each.node, slot, seenAt: stage.now - 5, activeAt: null });
      return;
    }
    case 'wait':
      stage.advance(each.ms);
      return;
    case 'hide':
    case 'show':
      stage.step({ type: 'show', session: each.session, shown: each.type === 'show' });
      return;
    case 'alive':
      stage.step({ type: 'alive', session: each.session, of: 'page' });
      return;
    case 'activity':
      stage.step({ type: 'activity', session: each.session, idleMs: 500, background: each.session === 3 });
      return;
    case 'renew':
      stage.step({ type: 'renew', session: each.session, leaseMs: 60_000, background: each.session === 4, details: {} });
      return;
    case 'leave':
      stage.step({ type: 'leave', session: each.session, reason: 'left' });
      return;
    default:
      stage.step({ type: each.type as 'lost' | 'resume', session: each.session });
  }
}

/** Plays a history, and calls `check` after each of its steps. */
function overHistories(check: (stage: Stage, each: Action) => void, numRuns = 400): void {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const stage = new Stage();
      for (const each of USERS) stage.load(each);
      for (const each of actions) {
        perform(stage, each);
        check(stage, each);
      }
    }),
    { numRuns },
  );
}

const keyOf = (viewer: Viewer, id: string) => `${viewer.tenant} ${viewer.user} ${viewer.all ?? false} ${id}`;

describe('over random histories', () => {
  test('[I2] [S8.1] last seen, as one viewer is shown it, never decreases, and is never in the future', () => {
    // An opt-out takes the past back: what is shown after it began anew.
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const stage = new Stage();
        for (const each of USERS) stage.load(each);
        const latest = new Map<string, number>();
        for (const each of actions) {
          perform(stage, each);
          for (const id of USERS) {
            for (const viewer of VIEWERS) {
              const { lastSeenAt } = stage.see(id, viewer);
              if (lastSeenAt === null) continue;
              expect(lastSeenAt).toBeLessThanOrEqual(stage.now);
              expect(lastSeenAt).toBeGreaterThanOrEqual(latest.get(keyOf(viewer, id)) ?? 0);
              latest.set(keyOf(viewer, id), lastSeenAt);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('[S7.10] the count of a viewer is the number of people whom that viewer sees online', () => {
    overHistories((stage) => {
      const tenant = stage.engine.roster.tenant(APP);
      for (const viewer of VIEWERS) {
        const seen = viewer.tenant === APP ? USERS.filter((id) => stage.see(id, viewer).status !== 'offline').length : 0;
        expect(tenant?.count(viewer)).toBe(seen);
        for (const id of USERS) expect(showsOnline(stage.user(id), viewer)).toBe(stage.see(id, viewer).status !== 'offline');
      }
    });
  });

  test('[S10.3] whoever is not told of a change sees the same words as before', () => {
    const words: Record<Grain, (view: View) => unknown> = {
      online: ({ status, lastSeenAt }) => (status === 'offline' ? [false, lastSeenAt] : [true, lastSeenAt === null]),
      status: ({ status, lastSeenAt }) => (status === 'offline' ? [status, lastSeenAt] : [status, lastSeenAt === null]),
      record: ({ status, lastSeenAt, text, platforms }) =>
        status === 'offline' ? [status, lastSeenAt] : [status, lastSeenAt === null, text, [...platforms]],
    };
    let compared = 0;
    overHistories((stage) => {
      for (const { changes } of stage.outcomes.splice(0))
        for (const { user: changed, before, after } of changes)
          for (const viewer of VIEWERS.filter(({ all }) => all !== true)) {
            if (viewer.user === changed.id) continue;
            const audience = (facts: Facts) => audienceOf(viewer, APP, changed.id, facts);
            const shown = (facts: Facts) => viewOf({ ...changed, facts } as never, audience(facts), stage.now);
            for (const grain of ['online', 'status', 'record'] as const) {
              if (tellsApart(before, audience(before), after, audience(after), grain)) continue;
              expect(words[grain](shown(after))).toEqual(words[grain](shown(before)));
              compared += 1;
            }
          }
    });
    expect(compared).toBeGreaterThan(1_000);
  });

  test('[S7.11] the version of a record rises with every change that its viewer is told, while the viewer’s rights stay', () => {
    overHistories((stage) => {
      for (const { changes } of stage.outcomes.splice(0))
        for (const { user: changed, before, after } of changes)
          for (const viewer of VIEWERS) {
            const was = audienceOf(viewer, APP, changed.id, before);
            const is = audienceOf(viewer, APP, changed.id, after);
            if (was !== is || !tellsApart(before, was, after, is, 'record')) continue;
            const version = (facts: Facts) => viewOf({ ...changed, facts } as never, was, stage.now).version;
            expect(version(after)).toBeGreaterThan(version(before));
          }
    });
  });

  test('[I12] [S1.2] a user is online exactly while a session counts, on this node or another', () => {
    overHistories((stage) => {
      for (const id of USERS) {
        const found = stage.user(id);
        let counted = 0;
        for (let session = found.firstSession; session !== null; session = session.next) if (session.shown) counted += 1;
        const expected = !found.facts.policy.optedOut && counted + (found.remoteSlots?.size ?? 0) > 0;
        expect(stage.see(id, as(id)).status !== 'offline').toBe(expected);
      }
    });
  });

  test('[I13] [S2.1] no history tells a viewer of more than two transitions of a user within one grace by lost links alone', () => {
    const flap = fc.array(fc.constantFrom('lost', 'resume', 'wait'), { maxLength: 60 });
    fc.assert(
      fc.property(flap, (steps) => {
        const stage = new Stage({ awayAfterMs: 86_400_000 });
        const session = stage.open('ann');
        stage.told();
        let awayMs = 0;
        for (const each of steps) {
          if (each === 'wait') {
            stage.advance(3_000);
            awayMs = stage.engine.session(session)?.state === 'lost' ? awayMs + 3_000 : 0;
          } else stage.step({ type: each as 'lost' | 'resume', session });
          if (each === 'resume') awayMs = 0;
          if (stage.engine.session(session) === undefined) break;
        }
        expect(stage.told()).toEqual(stage.engine.session(session) === undefined ? ['ann online→offline'] : []);
      }),
      { numRuns: 200 },
    );
  });
});

describe('nobody can tell', () => {
  const bytes = (stage: Stage, id: string, viewer: Viewer) => JSON.stringify(stage.see(id, viewer));

  test('[S7.1] an unknown, hidden, blocking, opted out or foreign user from one another, byte for byte', () => {
    const stage = new Stage();
    for (const id of ['hidden', 'blocking', 'out', 'never']) stage.open(id);
    stage.open('foreign', { tenant: 'other' });
    stage.load('stored-never-seen');
    stage.settings('hidden', { onlineRule: 'nobody', lastSeenRule: 'nobody', text: 'words' });
    stage.relate('blocking', 'block', 'viewer');
    stage.settings('out', { optedOut: true });
    stage.settings('never', { availability: 'invisible', lastSeenRule: 'nobody' });
    const unknown = bytes(stage, 'nobody-ever', as('viewer'));
    for (const id of ['hidden', 'blocking', 'out', 'foreign', 'stored-never-seen'])
      expect(bytes(stage, id, as('viewer')), id).toBe(unknown);
    expect(bytes(stage, 'nobody-ever', as(null))).toBe(unknown);
  });

  test('[I6] [S7.2] what an invisible user does, from any other user who stays away', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (secret) => {
        // Two worlds that differ only in what the invisible user does.
        const worlds = [secret, []].map((actions) => {
          const stage = new Stage();
          for (const each of USERS) stage.load(each);
          const session = stage.open('ann');
          stage.advance(1_000);
          stage.settings('ann', { availability: 'invisible' });
          const seen: string[] = [];
          for (const each of actions) {
            const mine = 'user' in each ? each.user === 'ann' && !['settings', 'relate'].includes(each.type) : each.type !== 'wait';
            if (mine && each.type !== 'hide') perform(stage, each);
            seen.push(bytes(stage, 'ann', as('bob')), String(stage.engine.roster.tenant(APP)?.count(as('bob'))));
          }
          return { seen: new Set(seen), last: bytes(stage, 'ann', as('bob')), session };
        });
        expect(worlds[0]!.last).toBe(worlds[1]!.last);
        expect(worlds[0]!.seen.size).toBeLessThanOrEqual(2);
      }),
      { numRuns: 200 },
    );
  });
});
