import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PresenceRecord } from '@porchlight/protocol';
import { type ServerProcess, spawnServer } from '@porchlight/testkit/real-server';
import { expect, onTestFinished, test } from 'vitest';
import { databasePath } from '../data-folder.ts';
import { type Crowd, gather } from './crowd.ts';
import { NativeClient } from './native-client.ts';

const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as typeof import('node:sqlite');

/** How often the server is killed; `KILL_CYCLES=20` for the whole proof. */
const CYCLES = Number(process.env.KILL_CYCLES ?? 1);
const CLI = join(import.meta.dirname, '../cli.ts');
const GRACE_MS = 2_000;
/** What the last beat may be behind the kill. */
const BEHIND_MS_MAX = 2_000;
/** The clocks of the test and of a server that started a moment ago may differ by a little. */
const AHEAD_MS_MAX = 50;

const CONNECTED = Array.from({ length: 1_000 }, (_, index) => `user-${index}`);
const LEFT = Array.from({ length: 20 }, (_, index) => `left-${index}`);
const LEASED = Array.from({ length: 20 }, (_, index) => `leased-${index}`);

function folder(): string {
  const data = mkdtempSync(join(tmpdir(), 'porchlight-kill-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

async function serve(data: string): Promise<ServerProcess> {
  const server = await spawnServer(CLI, { data, graceMs: GRACE_MS, closingGraceMs: 1_000, connectsPerMinuteMax: 1_000_000 });
  onTestFinished(async () => {
    server.signal('SIGKILL');
    await server.ended;
  });
  return server;
}

/** Asks, as somebody who is not present, in questions of 1,000. */
async function look(server: ServerProcess, users: readonly string[]): Promise<Map<string, PresenceRecord>> {
  const viewer = new NativeClient(server.url, { token: server.token('viewer'), watchOnly: true });
  await viewer.next('welcome');
  const records = new Map<string, PresenceRecord>();
  for (let start = 0; start < users.length; start += 1_000)
    for (const record of await viewer.get(...users.slice(start, start + 1_000))) records.set(record.id, record);
  viewer.cut();
  return records;
}

/** Resolves when nobody of these is online any more. */
async function gone(server: ServerProcess, users: readonly string[]): Promise<Map<string, PresenceRecord>> {
  const viewer = new NativeClient(server.url, { token: server.token('waiting'), watchOnly: true });
  await viewer.next('welcome');
  await viewer.watch(...users.slice(0, 1_000));
  const waiting = new Set(users);
  for (const [id, record] of await look(server, users)) if (!record.online) waiting.delete(id);
  while (waiting.size > 0) waiting.delete((await viewer.next<PresenceRecord>('presence', { online: false })).id);
  viewer.cut();
  return look(server, users);
}

function integrityOf(data: string): unknown {
  const database = new DatabaseSync(databasePath(data));
  try {
    return database.prepare('PRAGMA integrity_check').get();
  } finally {
    database.close();
  }
}

async function heartbeats(server: ServerProcess, users: readonly string[]): Promise<void> {
  for (const user of users) {
    const headers = { authorization: `Bearer ${server.token(user)}` };
    const { status } = await fetch(`${server.url}/api/update-online-status`, { method: 'POST', headers });
    if (status !== 200) throw new Error(`The heartbeat was answered with ${status}.`);
  }
}

interface Truth {
  killedAt: number;
  leftAt: number;
  leasedAt: number;
}

/** One life of the server, ended by `kill -9` at a moment that differs from cycle to cycle. */
async function live(data: string, cycle: number): Promise<Truth> {
  const server = await serve(data);
  const crowd: Crowd = await gather(server.url, [...CONNECTED, ...LEFT], server.token);
  await heartbeats(server, LEASED);
  const leasedAt = Date.now();
  await crowd.leave(LEFT);
  const leftAt = Date.now();
  // Some of the time between two beats, and different each time: the next questions take a few milliseconds.
  const until = Date.now() + 1_000 + ((cycle * 137) % 1_000);
  while (Date.now() < until) await look(server, ['nobody']);
  const killedAt = Date.now();
  server.signal('SIGKILL');
  await server.ended;
  crowd.end();
  return { killedAt, leftAt, leasedAt };
}

/** How far a last seen is behind the truth; the worst of them is reported. */
function behindMs(records: Map<string, PresenceRecord>, users: readonly string[], at: number): number {
  let worst = 0;
  for (const user of users) {
    const seenAt = records.get(user)?.lastSeenAt ?? null;
    expect(seenAt, user).not.toBeNull();
    // Nobody is seen after the truth: that would be "just now" because something restarted.
    expect(seenAt as number, user).toBeLessThanOrEqual(at + AHEAD_MS_MAX);
    expect(at - (seenAt as number), user).toBeLessThanOrEqual(BEHIND_MS_MAX);
    worst = Math.max(worst, at - (seenAt as number));
  }
  return worst;
}

test(`[I3] kill -9 with 1,000 users online, ${CYCLES} times: last seen within 2 s of the truth, the database whole`, {
  timeout: 30_000 * CYCLES,
}, async () => {
  const data = folder();
  const worst: number[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    const { killedAt, leftAt, leasedAt } = await live(data, cycle);
    expect(integrityOf(data)).toEqual({ integrity_check: 'ok' });
    const server = await serve(data);
    const now = await look(server, [...CONNECTED, ...LEFT, ...LEASED, 'never-seen']);
    behindMs(now, CONNECTED, killedAt);
    expect(new Set(CONNECTED.map((user) => now.get(user)?.certainty))).toEqual(new Set(['recovering']));
    behindMs(now, LEFT, leftAt);
    expect(LEFT.some((user) => now.get(user)?.online)).toBe(false);
    behindMs(now, LEASED, leasedAt);
    expect(LEASED.every((user) => now.get(user)?.online)).toBe(true);
    expect(now.get('never-seen')).toMatchObject({ online: false, lastSeenAt: null });
    worst.push(behindMs(await gone(server, CONNECTED), CONNECTED, killedAt));
    server.signal('SIGKILL');
    await server.ended;
  }
  console.log(`kill -9 × ${CYCLES}: last seen behind the truth by at most ${worst.join(', ')} ms`);
});

test('[I15] SIGTERM: everything is written, clients are told to come back, exit 0 within a few seconds', { timeout: 30_000 }, async () => {
  const data = folder();
  const server = await serve(data);
  const client = new NativeClient(server.url, { token: server.token('alice') });
  await client.next('welcome');
  const crowd = await gather(server.url, CONNECTED.slice(0, 200), server.token);
  const stoppedAt = Date.now();
  server.signal('SIGTERM');
  expect(await client.next('bye')).toMatchObject({ code: 1012, retryAfterMs: expect.any(Number) });
  expect(await client.next('#close')).toEqual({ code: 1012 });
  expect(await server.ended).toBe(0);
  expect(Date.now() - stoppedAt).toBeLessThan(5_000);
  crowd.end();
  expect(integrityOf(data)).toEqual({ integrity_check: 'ok' });
  const next = await serve(data);
  const records = await look(next, [...CONNECTED.slice(0, 200), 'alice']);
  for (const record of records.values()) expect(record).toMatchObject({ online: true, certainty: 'recovering' });
  behindMs(records, ['alice'], stoppedAt + 500);
});
