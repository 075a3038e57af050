import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deadlines } from './deadlines.ts';

test('[S4.3] the heap gives what a sorted list would', () => {
  const action = fc.oneof(
    fc.record({ type: fc.constant('ensure' as const), item: fc.nat(19), at: fc.nat(50) }),
    fc.record({ type: fc.constant('remove' as const), item: fc.nat(19), at: fc.constant(0) }),
    fc.record({ type: fc.constant('take' as const), item: fc.constant(0), at: fc.nat(50) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const heap = new Deadlines();
      const model = new Map<number, number>();
      for (const { type, item, at } of actions) {
        if (type === 'ensure') {
          heap.ensure(item, at);
          model.set(item, Math.min(at, model.get(item) ?? at));
        } else if (type === 'remove') {
          heap.remove(item);
          model.delete(item);
        } else {
          const earliest = Math.min(...model.values());
          const taken = heap.takeDue(at);
          if (earliest > at) expect(taken).toBe(-1);
          else {
            expect(model.get(taken)).toBe(earliest);
            expect(heap.has(taken)).toBe(false);
            model.delete(taken);
          }
        }
        expect(heap.size).toBe(model.size);
        expect(heap.nextAt()).toBe(Math.min(...model.values()));
      }
    }),
    { numRuns: 300 },
  );
});

test('[S4.3] a deadline that never comes is not kept', () => {
  const heap = new Deadlines();
  heap.ensure(0, Number.POSITIVE_INFINITY);
  expect(heap.size).toBe(0);
});
