import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createSqliteStore } from './sqlite.ts';
import { crashBatch, seeded } from './sqlite-crash-load.ts';
import type { Store } from './store.ts';

const WRITER = fileURLToPath(new URL('./sqlite-crash-writer.ts', import.meta.url));
const CYCLES = Number(process.env.CRASH_CYCLES ?? 8);
const SEED = Number(process.env.PORCHLIGHT_SEED ?? 20_260_101);
/** Killed after between one and so many acknowledgements, at whatever the writer is about just then. */
const ACKNOWLEDGED_MAX = 400;

/** Runs one writer on the file, kills it, and gives the numbers of the batches it had acknowledged. */
async function runAndKill(file: string, cycle: number, acknowledgedMin: number, synchronous: string): Promise<Set<number>> {
  const writer = spawn(process.execPath, [WRITER, file, String(cycle), String(SEED), synchronous], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(writer, 'exit');
  const acknowledged = new Set<number>();
  // The loop goes on after the kill: what was in the pipe by then had been acknowledged too.
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.add(Number(line));
    if (acknowledged.size === acknowledgedMin) writer.kill('SIGKILL');
  }
  expect((await exited)[1]).toBe('SIGKILL');
  return acknowledged;
}

/** Checks that what was acknowledged is stored, and that every batch is there wholly or not at all. */
async function judge(store: Store, cycle: number, acknowledged: Set<number>): Promise<void> {
  const seenAts = new Map<string, number>();
  const sessionIds = new Set<string>();
  const users = Array.from({ length: 200 }, (_, index) => `user-${index}`);
  for (const found of await store.load('app', users)) seenAts.set(found.user, found.seenAt ?? -1);
  for (const user of users) {
    for (const session of await store.sessions('app', user, 100_000, (cycle + 1) * 1_000_000)) {
      sessionIds.add(session.id);
      expect(session.endedAt).not.toBeNull();
    }
  }
  for (let number = 0; number <= Math.max(...acknowledged) + 20; number++) {
    const { users: written, sessions } = crashBatch(SEED, cycle, number);
    const stored = sessions.filter(({ id }) => sessionIds.has(id)).length;
    expect([0, sessions.length]).toContain(stored);
    if (!acknowledged.has(number)) continue;
    expect(stored).toBe(sessions.length);
    for (const { user, seenAt } of written) expect(seenAts.get(user)).toBeGreaterThanOrEqual(seenAt!);
  }
}

test(
  `[I3] ${CYCLES} times killed at a random instant, nothing acknowledged is lost and the file is whole`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'porchlight-crash-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'porchlight.db');
    const random = seeded(SEED);
    const past: Set<number>[] = [];

    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const acknowledgedMin = 1 + Math.floor(random() * ACKNOWLEDGED_MAX);
      const acknowledged = await runAndKill(file, cycle, acknowledgedMin, cycle % 4 === 3 ? 'FULL' : 'NORMAL');
      past.push(acknowledged);

      const store = createSqliteStore({ file });
      const { online } = await store.open(`judge-${cycle}`, cycle * 1_000_000 + 900_000);
      await judge(store, cycle, acknowledged);
      // Every beat that was acknowledged is an end that the killed node cannot fall behind.
      const beatAt = Math.max(...[...acknowledged].map((number) => crashBatch(SEED, cycle, number).beat!.at));
      for (const { seenAt } of online) expect(seenAt).toBeGreaterThanOrEqual(beatAt);
      await store.close(`judge-${cycle}`, cycle * 1_000_000 + 900_001);

      const database = new DatabaseSync(file);
      expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
      expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
      database.close();
    }

    const store = createSqliteStore({ file });
    await store.open('last', CYCLES * 1_000_000);
    for (const [cycle, acknowledged] of past.entries()) await judge(store, cycle, acknowledged);
    await store.close('last', CYCLES * 1_000_000);
  },
  15_000 * Math.max(1, CYCLES / 8) + 15_000,
);
