import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SessionIndex } from './session-index.ts';
import { SessionRows } from './session-rows.ts';

/** Numbers as the shell gives them out, one after the other, but in steps so large that many share their last bits. */
const numbers = fc.record({ from: fc.maxSafeNat(), by: fc.constantFrom(1, 3, 256, 512, 1 << 20, 2 ** 32) });
const actions = fc.array(fc.record({ ends: fc.boolean(), which: fc.nat(1_000) }), { maxLength: 900 });

test('[S12.11] sessions are found by their numbers, whichever they are, and by no other', () => {
  fc.assert(
    fc.property(numbers, actions, ({ from, by }, steps) => {
      const rows = new SessionRows(16);
      const index = new SessionIndex(rows);
      const model = new Map<number, number>();
      let next = Math.floor(from / 2);
      for (const { ends, which } of steps) {
        const [number, row] = [...model][which % Math.max(1, model.size)] ?? [];
        if (ends && number !== undefined && row !== undefined) {
          index.remove(row);
          rows.release(row);
          model.delete(number);
          expect(index.find(number)).toBe(-1);
        } else {
          const taken = rows.take(next, 0, 0, 0);
          index.add(taken);
          model.set(next, taken);
          next += by;
        }
      }
      for (const [number, row] of model) expect(index.find(number)).toBe(row);
      expect(index.find(next)).toBe(-1);
      expect(index.size).toBe(model.size);
      expect(rows.size).toBe(model.size);
    }),
    { numRuns: 150 },
  );
});
