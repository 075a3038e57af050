import { beforeEach, expect, test } from 'vitest';
import { Admission } from './admission.ts';
import { createManualClock, type ManualClock } from './clock.ts';
import { completeOptions, type ServerOptions } from './options.ts';

let clock: ManualClock;
const admission = (given: Partial<ServerOptions>) => new Admission(completeOptions(given), clock);
const ann = { tenant: 'a', user: 'ann' };

beforeEach(() => {
  clock = createManualClock();
});

test('[S17.1] arrivals are counted until they depart, and as not signed in until they are; both may be said twice', () => {
  const gate = admission({ connectionsPerAddressMax: 3, unauthenticatedPerAddressMax: 2 });
  const first = gate.arrive('x');
  const second = gate.arrive('x');
  expect(() => gate.arrive('x')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryAfterMs: 5_000 }));
  first.signedIn();
  first.signedIn();
  const third = gate.arrive('x');
  expect(() => gate.arrive('x')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
  gate.arrive('another');
  for (const each of [second, second, third, first, first]) each.depart();
  first.signedIn();
  expect(gate.connectionCount).toBe(1);
  gate.arrive('x');
  gate.arrive('x');
  expect(() => gate.arrive('x')).toThrow();
});

test('[S17.1] a refused arrival costs nothing but its own', () => {
  const gate = admission({ connectsBurstMax: 2, connectsPerMinuteMax: 60 });
  gate.arrive('x');
  gate.arrive('x');
  expect(() => gate.arrive('x')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryAfterMs: 1_000 }));
  expect(gate.connectionCount).toBe(2);
  clock.advance(1_000);
  gate.arrive('x');
});

test('[S17.4] rates are of a user in a tenant, before sign-in of an address', () => {
  const gate = admission({ messagesBurstMax: 1, messagesPerMinuteMax: 60 });
  expect(gate.message(ann, 'x')).toBe(0);
  expect(gate.message(ann, 'y')).toBe(1_000);
  expect(gate.message({ ...ann, tenant: 'b' }, 'x')).toBe(0);
  expect(gate.message(null, 'x')).toBe(0);
  expect(gate.message(null, 'x')).toBe(1_000);
});

test('[S17.3] [T25] more ids than a question may name are TOO_MANY_IDS, more than may be asked over time RATE_LIMITED', () => {
  const gate = admission({ idsMax: 10, watchesPerConnectionMax: 10, idsBurstMax: 15, idsPerMinuteMax: 60 });
  expect(() => gate.ids(ann, 'x', 11)).toThrow(expect.objectContaining({ code: 'TOO_MANY_IDS' }));
  gate.ids(ann, 'x', 0);
  gate.ids(ann, 'x', 10);
  expect(() => gate.ids(ann, 'x', 10)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryAfterMs: 5_000 }));
  gate.ids(null, 'x', 10);
});
