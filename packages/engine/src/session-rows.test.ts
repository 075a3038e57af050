import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BIT, SessionRows } from './session-rows.ts';
import { START_AT } from './stage.ts';

const DAY_MS = 86_400_000;
/** From years before a session to years after its start, at the edges of 32 bits, and never. */
const times = fc.oneof(
  fc.integer({ min: -400 * DAY_MS, max: 4_000 * DAY_MS }).map((ms) => START_AT + ms),
  fc.integer({ min: -3, max: 3 }).map((ms) => START_AT + 2 ** 31 + ms),
  fc.integer({ min: -3, max: 3 }).map((ms) => START_AT - 2 ** 31 + ms),
  fc.constant(Number.POSITIVE_INFINITY),
);
const FIELDS = [
  ['seenAt', 'setSeenAt'],
  ['activeAt', 'setActiveAt'],
  ['untilAt', 'setUntilAt'],
  ['lifeDueAt', 'setLifeDueAt'],
] as const;
const writes = fc.array(fc.record({ row: fc.nat(39), field: fc.constantFrom(...FIELDS), at: times }), { maxLength: 200 });

test('[S12.11] a row gives back every time that was put into it, also those of sessions older than a month', () => {
  fc.assert(
    fc.property(writes, fc.constantFrom(15_000, 0, 0.5, 5 * DAY_MS), (steps, graceMs) => {
      const rows = new SessionRows(2);
      const model = Array.from({ length: 40 }, (_, index) => ({
        row: rows.take(index, 1_000 + index, START_AT, graceMs),
        seenAt: START_AT,
        activeAt: START_AT,
        untilAt: Number.POSITIVE_INFINITY,
        lifeDueAt: Number.POSITIVE_INFINITY,
      }));
      for (const { row, field, at } of steps) {
        const [get, set] = field;
        const expected = model[row] as (typeof model)[number];
        rows[set](expected.row, at);
        expected[get] = at;
      }
      const ended = new SessionRows(64);
      for (const [index, { row, ...expected }] of model.entries()) {
        rows.put(row, BIT.away, index % 2 === 0);
        const copy = rows.copy(row, ended);
        for (const [table, at] of [
          [rows, row],
          [ended, copy],
        ] as const) {
          for (const [get] of FIELDS) expect(table[get](at)).toBe(expected[get]);
          expect([table.number(at), table.user(at), table.startedAt(at), table.graceMs(at), table.is(at, BIT.away)]).toEqual([
            index,
            1_000 + index,
            START_AT,
            graceMs,
            index % 2 === 0,
          ]);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('[S12.11] a row that was released is used again, and remembers nothing', () => {
  const rows = new SessionRows(1);
  const first = rows.take(1, 1, START_AT, 15_000);
  rows.setSeenAt(first, START_AT + 100 * DAY_MS);
  rows.setStoredId(first, 'old');
  rows.release(first);
  const second = rows.take(2, 2, START_AT + 5, 15_000);
  expect([second, rows.size, rows.tableSize]).toEqual([first, 1, 1]);
  expect([rows.seenAt(second), rows.untilAt(second), rows.storedId(second), rows.bits(second)]).toEqual([
    START_AT + 5,
    Number.POSITIVE_INFINITY,
    null,
    0,
  ]);
});
