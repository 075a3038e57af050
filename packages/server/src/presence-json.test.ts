import type { PresenceRecord } from '@porchlight/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonWriter } from './dialects/written.ts';
import { writeAnswer, writeRecord } from './presence-json.ts';

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('', '"', '\\', '</script>', '\u2028', '\ud800', 'a\u0000b', '😀'),
);
const times = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.double(),
  fc.constantFrom(0, -0, 9_999, 10_000, 10_001, -5, 2 ** 53, 1_800_000_000_000),
);
const written = <Value>(write: (json: JsonWriter, value: Value) => void, value: Value) => {
  const json = new JsonWriter(16);
  write(json, value);
  return json.from(0).toString();
};
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
// In the order in which `recordOf` makes them.
const records = fc
  .record({
    id: texts,
    online: fc.boolean(),
    status: fc.constantFrom('online', 'busy', 'dnd', 'away', 'offline'),
    lastSeenAt: fc.option(times, { nil: null }),
    version: times,
    lastSeenWithinMs: maybe(fc.constantFrom(60_000, 86_400_000, 172_800_000, 31_622_400_000)),
    lastActiveAt: maybe(times),
    onlineSinceAt: maybe(times),
    text: maybe(texts),
    platforms: maybe(fc.array(texts, { maxLength: 3 })),
    certainty: maybe(fc.constantFrom('recovering', 'suspect')),
  })
  .map((record) => record as PresenceRecord);

test('[S14.4] records are written byte for byte as JSON.stringify writes them', () => {
  fc.assert(
    fc.property(fc.array(records, { maxLength: 4 }), fc.dictionary(texts, texts, { noNullPrototype: true }), (presences, others) => {
      for (const record of presences) expect(written(writeRecord, record)).toBe(JSON.stringify(record));
      const { presences: _, ...rest } = others as Record<string, unknown>;
      expect(written(writeAnswer, rest)).toBe(JSON.stringify(rest));
      expect(written(writeAnswer, { ...rest, presences })).toBe(JSON.stringify({ ...rest, presences }));
    }),
    { numRuns: 2_000 },
  );
});
