import { isUserId } from '@porchlight/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aBatch, aSession, aUser, type OpenPlace, SEED, sharedScene, T0 } from './scene.ts';

/** Ids that some store, language or key format has confused with another, or choked on. The NFD twin comes after its NFC form. */
const HOSTILE_IDS: readonly string[] = [
  'caf\u00e9',
  'cafe\u0301',
  'ANN',
  'ann',
  'Ann',
  "o'brien",
  '"quoted"',
  '`tick`',
  '\\back\\slash',
  '%',
  '_',
  'a%',
  '*',
  "'; DROP TABLE users; --",
  "' OR '1'='1",
  '"]) --',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'true',
  '0',
  '00',
  '-0',
  '1e3',
  '1000',
  '9007199254740993',
  '9007199254740992',
  '{"a":1}',
  '[1,2]',
  'a,b',
  'a:b',
  'a b',
  'a  b',
  '{p7}',
  'x'.repeat(128),
  `${'x'.repeat(127)}y`,
  '😀'.repeat(64),
  '👩‍👩‍👧',
  '\u{10ffff}'.slice(0, 2),
  '李小龍',
  'ß',
  'ss',
  'İ',
  'i',
  'ﬁ',
  'fi',
  '$1',
  '?1',
  ':name',
  '@name',
  '../etc/passwd',
];

export function describeIds(open: OpenPlace): void {
  describe('ids', () => {
    const scene = sharedScene(open);

    test.each(HOSTILE_IDS)('[T24] %j is one user, as user, tenant, contact and session', async (id) => {
      const tenant = `${scene.tenant()} ${id}`.slice(0, 128).toWellFormed();
      await scene.store.write(
        aBatch({
          users: [aUser({ tenant, user: id, seenAt: T0, text: id, profile: JSON.stringify({ name: id }) })],
          sessions: [aSession({ tenant, user: id, id, device: id, screen: id })],
          relations: [
            { tenant, user: id, kind: 'contact', other: id, present: true },
            { tenant, user: id, kind: 'block', other: id, present: true },
          ],
        }),
      );
      expect(await scene.store.load(tenant, [id])).toEqual([
        { ...aUser({ tenant, user: id, seenAt: T0, text: id, profile: JSON.stringify({ name: id }) }), contacts: [id], blocked: [id] },
      ]);
      expect(await scene.store.sessions(tenant, id, 10)).toEqual([aSession({ tenant, user: id, id, device: id, screen: id })]);
    });

    test('[T24] all of them beside each other stay apart', async () => {
      const tenant = scene.tenant();
      const users = HOSTILE_IDS.map((user, index) => aUser({ tenant, user, seenAt: T0 + index }));
      await scene.store.write(aBatch({ users }));
      const found = await scene.store.load(tenant, [...HOSTILE_IDS]);
      expect(new Map(found.map(({ user, seenAt }) => [user, seenAt]))).toEqual(new Map(users.map(({ user, seenAt }) => [user, seenAt])));
    });

    test('[T8] tenant and user do not run into each other', async () => {
      const pairs: [string, string][] = [
        ['a', 'bc'],
        ['ab', 'c'],
        ['abc', 'd'],
        ['a:b', 'c'],
        ['a', 'b:c'],
        ['["a"', '"b"]'],
      ];
      await scene.store.write(
        aBatch({ users: pairs.map(([tenant, user]) => aUser({ tenant, user, text: JSON.stringify([tenant, user]) })) }),
      );
      for (const [tenant] of pairs) {
        const found = await scene.store.load(
          tenant,
          pairs.map(([, user]) => user),
        );
        const own = pairs.filter(([each]) => each === tenant).map((pair) => JSON.stringify(pair));
        expect(found.map(({ text }) => text).toSorted()).toEqual(own.toSorted());
      }
    });

    test('[T24] storing is injective for any well-formed ids', async () => {
      const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter(isUserId);
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(id, { minLength: 2, maxLength: 20 }), async (ids) => {
          const tenant = scene.tenant();
          await scene.store.write(aBatch({ users: ids.map((user) => aUser({ tenant, user, text: user })) }));
          const found = await scene.store.load(tenant, ids);
          expect(found.map(({ user }) => user).toSorted()).toEqual(ids.toSorted());
          for (const { user, text } of found) expect(text).toBe(user);
        }),
        { seed: SEED, numRuns: 50 },
      );
    });
  });
}
