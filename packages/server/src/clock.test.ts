import { describe, expect, test } from 'vitest';
import { createManualClock, createSystemClock } from './clock.ts';

/** A machine whose wall clock can be set. */
function createMachine() {
  const manual = createManualClock(0);
  let offsetMs = 1_000_000;
  return {
    advance: (ms: number) => manual.advance(ms),
    setWall: (byMs: number) => {
      offsetMs += byMs;
    },
    timekeeping: {
      wallMs: () => manual.now() + offsetMs,
      monotonicMs: () => manual.now(),
      after: (delayMs: number, ring: () => void) => manual.alarm(manual.now() + delayMs, ring),
    },
  };
}

describe('manual clock', () => {
  test('rings in order of time, and at one instant in the order set', () => {
    const clock = createManualClock(0);
    const rung: string[] = [];
    clock.alarm(20, () => rung.push(`c at ${clock.now()}`));
    clock.alarm(10, () => rung.push(`a at ${clock.now()}`));
    clock.alarm(10, () => rung.push(`b at ${clock.now()}`));
    clock.advance(30);
    expect(rung).toEqual(['a at 10', 'b at 10', 'c at 20']);
  });

  test('rings what is set while it moves, and not what was called off', () => {
    const clock = createManualClock(0);
    const rung: number[] = [];
    const cancels = Array.from({ length: 100 }, (_, index) => clock.alarm(100 - index, () => rung.push(100 - index)));
    for (const [index, cancel] of cancels.entries()) if (index % 2 === 0) cancel();
    clock.alarm(1, () => clock.alarm(2, () => rung.push(2.5)));
    clock.advance(1_000);
    expect(rung).toEqual([1, 2.5, ...Array.from({ length: 49 }, (_, index) => 3 + 2 * index)].sort((a, b) => a - b));
    expect(clock.nextAlarmAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('system clock', () => {
  test('[I9] a wall clock set by an hour neither jumps nor goes back', () => {
    for (const stepMs of [3_600_000, -3_600_000]) {
      const machine = createMachine();
      const clock = createSystemClock(machine.timekeeping);
      const before = clock.now();
      machine.setWall(stepMs);
      machine.advance(10_000);
      const elapsedMs = clock.now() - before;
      expect(elapsedMs).toBeGreaterThanOrEqual(9_950 - 1);
      expect(elapsedMs).toBeLessThanOrEqual(10_050);
    }
  });

  test('[I9] an alarm is off by at most half a percent while the wall clock is wrong', () => {
    const machine = createMachine();
    const clock = createSystemClock(machine.timekeeping);
    machine.setWall(3_600_000);
    const startedAt = machine.timekeeping.monotonicMs();
    let rungAfterMs = 0;
    clock.alarm(clock.now() + 15_000, () => {
      rungAfterMs = machine.timekeeping.monotonicMs() - startedAt;
    });
    machine.advance(20_000);
    expect(rungAfterMs).toBeGreaterThanOrEqual(15_000 * 0.995);
    expect(rungAfterMs).toBeLessThanOrEqual(15_000 * 1.005);
  });
});
