import { expect, test } from 'vitest';
import { formatLastSeen, getStatusColor, isUserOnline, nextFormatMs } from './format-last-seen.ts';

const NOW = Date.UTC(2026, 2, 18, 15, 30);

test.each([
  [0, 'online', '#10b981', true],
  [29_999, 'online', '#10b981', true],
  [30_000, '1m ago', '#f59e0b', false],
  [299_999, '4m ago', '#f59e0b', false],
  [300_000, '5m ago', '#6b7280', false],
  [7_200_000, '2h ago', '#6b7280', false],
  [86_400_000, 'yesterday', '#6b7280', false],
  [3 * 86_400_000, '3d ago', '#6b7280', false],
  [15 * 86_400_000, '2w ago', '#6b7280', false],
  [83 * 86_400_000, '12/25/2025', '#6b7280', false],
])('%i ms ago, as the documents of existing apps say: %s', (elapsedMs, text, color, online) => {
  for (const lastSeen of [NOW - elapsedMs, new Date(NOW - elapsedMs), new Date(NOW - elapsedMs).toISOString()]) {
    expect(formatLastSeen(lastSeen, NOW, 'en-US', 'UTC')).toBe(text);
    expect(getStatusColor(lastSeen, NOW)).toBe(color);
    expect(isUserOnline(lastSeen, NOW)).toBe(online);
  }
});

test.each([null, undefined, 'not a time', Number.NaN, new Date(Number.NaN)])('%s was never', (lastSeen) => {
  expect(formatLastSeen(lastSeen, NOW)).toBe('offline');
  expect(getStatusColor(lastSeen, NOW)).toBe('#6b7280');
  expect(isUserOnline(lastSeen, NOW)).toBe(false);
  expect(nextFormatMs(lastSeen, NOW)).toBe(Number.POSITIVE_INFINITY);
});

test('takes the clock of this machine without another', () => {
  expect(formatLastSeen(new Date())).toBe('online');
  expect(isUserOnline(Date.now() - 60_000)).toBe(false);
});
