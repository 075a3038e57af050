import { afterEach, expect, test, vi } from 'vitest';
import { createSystemClock } from './clock.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function machine() {
  let wallAt = Date.UTC(2026, 0, 1);
  let monotonicMs = 5_000;
  vi.spyOn(Date, 'now').mockImplementation(() => wallAt);
  vi.spyOn(performance, 'now').mockImplementation(() => monotonicMs);
  return {
    run(ms: number) {
      wallAt += ms;
      monotonicMs += ms;
    },
    sleep(ms: number) {
      wallAt += ms;
    },
    setBack(ms: number) {
      wallAt -= ms;
    },
  };
}

test('goes on over sleep, and not back when the machine’s clock is set back', () => {
  const { run, sleep, setBack } = machine();
  const clock = createSystemClock();
  const begunAt = clock.now();
  run(1_000);
  expect(clock.now()).toBe(begunAt + 1_000);
  sleep(3_600_000);
  expect(clock.now()).toBe(begunAt + 3_601_000);
  setBack(7_200_000);
  expect(clock.now()).toBe(begunAt + 3_601_000);
  run(500);
  expect(clock.now()).toBe(begunAt + 3_601_500);
  sleep(10_000);
  expect(clock.now()).toBe(begunAt + 3_611_500);
});

test('rings once the time has passed, however long, and can be called off', () => {
  vi.useFakeTimers();
  const clock = createSystemClock();
  const ring = vi.fn();
  const day = 86_400_000;
  clock.after(40 * day, ring);
  clock.after(day, ring)();
  vi.advanceTimersByTime(40 * day - 1);
  expect(ring).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ring).toHaveBeenCalledTimes(1);
});
