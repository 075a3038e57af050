import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonWriter, Written } from './written.ts';

const textOf = (write: (json: JsonWriter) => void, size = 16) => {
  const json = new JsonWriter(size);
  write(json);
  return json.from(0).toString();
};

const numbers = fc.oneof(
  fc.integer({ min: 999_999_999_990, max: 10_000_000_000_010 }),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(0, -0, 1e12, 1e13 - 1, 1e13, 1_800_000_000_000.5, Number.NaN, Number.POSITIVE_INFINITY),
);

describe('JSON written as bytes', () => {
  test('[S14.4] is byte for byte what JSON.stringify and toISOString write', () => {
    const times = fc.oneof(
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
      fc.integer({ min: 0, max: 5e12 }),
      fc.constantFrom(253_402_300_799_999, 1.5),
    );
    const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('ann', '', '"', 'é', '\ud800'));
    fc.assert(
      fc.property(numbers, times, texts, (number, time, text) => {
        expect(textOf((json) => json.number(number))).toBe(JSON.stringify(number));
        expect(textOf((json) => json.iso(time))).toBe(JSON.stringify(new Date(time)));
        expect(textOf((json) => json.string(text))).toBe(JSON.stringify(text));
      }),
      { numRuns: 3_000 },
    );
    expect(textOf((json) => json.iso(null))).toBe('null');
    // One after the other, so that the second must not take the first one's day.
    const days = (json: JsonWriter) => {
      json.iso(86_399_999);
      json.iso(86_400_000);
    };
    expect(textOf(days)).toBe('"1970-01-01T23:59:59.999Z""1970-01-02T00:00:00.000Z"');
  });

  test('a payload is copied when it is written twice in a row, wherever it was moved', () => {
    let written = 0;
    const payload = new Written((json) => {
      written += 1;
      json.any({ at: 7 });
    });
    const twice = (json: JsonWriter) => {
      json.skip(4);
      json.payload(payload);
      json.move(4, -2);
      json.move(2, 9);
      json.ascii(',');
      json.payload(payload);
    };
    expect(textOf(twice).slice(11)).toBe('{"at":7},{"at":7}');
    expect(written).toBe(1);
    // What was written before a new start is there no more.
    const json = new JsonWriter(16);
    json.payload(payload);
    json.startAgain('same');
    json.ascii('xxxxxxxx');
    json.payload(payload);
    expect(json.from(8).toString()).toBe('{"at":7}');
    expect(JSON.stringify({ payload })).toBe('{"payload":{"at":7}}');
  });

  test('memory that somebody still reads is not written again', () => {
    const json = new JsonWriter(16);
    json.ascii('first');
    const first = json.from(0);
    json.startAgain('new');
    json.ascii('other');
    expect(first.toString()).toBe('first');
  });
});
