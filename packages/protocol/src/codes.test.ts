import { expect, test } from 'vitest';
import { CLOSE_CODES, ERROR_CODES } from './codes.ts';

test('[S18.1] every error code says in one sentence what to do, whether to try again, and its HTTP status', () => {
  for (const [code, { http, retry, message }] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(http).toBeGreaterThanOrEqual(400);
    expect(['later', 'changed', 'signed-in', 'never']).toContain(retry);
    expect(message).toMatch(/^[A-Z][^\n]+\.$/);
  }
});

test('[S18.2] close codes are those that a server may send, with a message that fits into a close frame', () => {
  for (const [code, { message }] of Object.entries(CLOSE_CODES)) {
    expect([1000, 1001, 1009, 1012, 1013].includes(Number(code)) || (Number(code) >= 4000 && Number(code) <= 4999)).toBe(true);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(123);
  }
});
