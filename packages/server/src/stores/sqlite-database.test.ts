import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sqliteMigrations } from './migrations/sqlite.ts';
import { createSqliteDatabase } from './sqlite-database.ts';
import { emptyBatch, type SessionRecord, type StoreBatch, type UserRecord } from './store.ts';

const START = 1_000_000;

function newFile(name = 'porchlight.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

const databaseOn = (file: string) => createSqliteDatabase({ file, synchronous: 'NORMAL', busyTimeoutMs: 10 });

function look<T>(file: string, act: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file);
  try {
    return act(database);
  } finally {
    database.close();
  }
}

const user = (name: string): UserRecord => ({
  ...{ tenant: 'app', user: name, seenAt: START, activeAt: null, restingSeenAt: START, restingActiveAt: null },
  ...{ coarseSeenAt: null, coarseUntilAt: null, coarseLastSeenRule: 'nobody' },
  ...{ availability: 'auto', availabilityUntilAt: null, text: null, onlineRule: 'everyone', lastSeenRule: 'everyone' },
  ...{ optedOut: false, signedOutAt: null, profile: null },
});
const openLink = (name: string, node: string): SessionRecord => ({
  ...{ id: `session-${name}`, tenant: 'app', user: name, node, kind: 'link', dialect: 'native', platform: null, appVersion: null },
  ...{ device: null, screen: null, startedAt: START, seenAt: START, leaseUntilAt: null, endedAt: null, endReason: null, hidden: false },
});
const online = (names: string[], node: string): StoreBatch => ({
  ...emptyBatch(),
  users: names.map(user),
  sessions: names.map((name) => openLink(name, node)),
});

describe('opening a file', () => {
  test('makes the folder and every table, and says whose file it is', () => {
    const file = join(newFile(), 'not', 'there', 'yet.db');
    const database = databaseOn(file);
    database.open('node-1', START);
    database.close('node-1', START);
    look(file, (opened) => {
      expect(opened.prepare('PRAGMA user_version').get()?.user_version).toBe(sqliteMigrations.length);
      expect(opened.prepare('PRAGMA application_id').get()?.application_id).toBe(0x50524348);
      expect(opened.prepare('PRAGMA journal_mode').get()?.journal_mode).toBe('wal');
    });
  });

  test('a database from before there were buckets is brought up to date, and shows them to nobody', () => {
    const file = newFile();
    look(file, (opened) => {
      opened.exec(sqliteMigrations.slice(0, 2).join(''));
      opened.exec('PRAGMA user_version = 2; PRAGMA application_id = 0x50524348');
      opened
        .prepare("INSERT INTO users VALUES ('app', 'ann', ?, NULL, ?, NULL, 'auto', NULL, NULL, 'everyone', 'nobody', 0, NULL, NULL)")
        .run(START, START);
    });
    const database = databaseOn(file);
    database.open('node-1', START);
    expect(database.load('app', ['ann'])).toEqual([
      { ...user('ann'), lastSeenRule: 'nobody', coarseLastSeenRule: 'nobody', contacts: [], blocked: [] },
    ]);
    database.close('node-1', START);
  });

  test('a database of a newer version is refused and left as it is', () => {
    const file = newFile();
    const database = databaseOn(file);
    database.open('node-1', START);
    database.close('node-1', START);
    look(file, (opened) => opened.exec('PRAGMA user_version = 999'));
    expect(() => databaseOn(file).open('node-2', START)).toThrow(
      expect.objectContaining({ code: 'newer', message: expect.stringContaining('newer Porchlight') }),
    );
    expect(look(file, (opened) => opened.prepare('SELECT count(*) AS count FROM nodes').get()?.count)).toBe(1);
  });

  test('a database of another program is refused and left as it is', () => {
    const file = newFile();
    look(file, (opened) => opened.exec('CREATE TABLE users (id INTEGER)'));
    expect(() => databaseOn(file).open('node-1', START)).toThrow(expect.objectContaining({ code: 'foreign' }));
    expect(look(file, (opened) => opened.prepare('SELECT name FROM sqlite_schema').all())).toHaveLength(1);
  });

  test('a file that is no database is refused with what to do', () => {
    const file = newFile();
    writeFileSync(file, 'not a database at all, though long enough to be read as one. '.repeat(100));
    expect(() => databaseOn(file).open('node-1', START)).toThrow(
      expect.objectContaining({ code: 'damaged', message: expect.stringContaining('Restore a backup') }),
    );
  });

  test('a database whose pages were overwritten is refused as damaged', () => {
    const file = newFile();
    const database = databaseOn(file);
    database.open('node-1', START);
    database.close('node-1', START);
    const header = look(file, (opened) => opened.prepare('PRAGMA page_size').get()?.page_size as number);
    expect(header).toBe(4096);
    writeFileSync(file, Buffer.alloc(4096 * 20, 0x5a), { flag: 'r+' });
    expect(() => databaseOn(file).open('node-2', START)).toThrow(expect.objectContaining({ code: 'damaged' }));
  });

  test('a folder in the place of the file, or a file in the place of the folder, is told of', () => {
    const folder = newFile();
    mkdirSync(folder);
    expect(() => databaseOn(folder).open('node-1', START)).toThrow(expect.objectContaining({ code: 'unwritable' }));
    const blocked = newFile();
    writeFileSync(blocked, '');
    expect(() => databaseOn(join(blocked, 'porchlight.db')).open('node-1', START)).toThrow(expect.objectContaining({ code: 'unwritable' }));
  });

  test('a refused opening lets go of the file', () => {
    const file = newFile();
    const database = databaseOn(file);
    database.open('node-1', START);
    database.close('node-1', START);
    expect(() => databaseOn(file).open('node-1', START)).toThrow(expect.objectContaining({ code: 'failed' }));
    const second = databaseOn(file);
    expect(second.open('node-2', START)).toEqual({ online: [], leases: [] });
    second.close('node-2', START);
  });
});

describe('sessions left open by a node that ended', () => {
  const names = Array.from({ length: 25 }, (_, index) => `user-${index}`);

  function afterAnEnd() {
    const file = newFile();
    const first = databaseOn(file);
    first.open('node-1', START);
    first.writeAll([online(names, 'node-1')]);
    first.close('node-1', START + 500);
    const second = databaseOn(file);
    onTestFinished(() => second.close('node-2', START + 2_000));
    second.open('node-2', START + 1_000);
    const openRows = () =>
      look(file, (opened) => opened.prepare('SELECT count(*) AS count FROM sessions WHERE ended_at IS NULL').get()?.count as number);
    return { database: second, openRows };
  }

  test('no row is rewritten by the start', () => {
    expect(afterAnEnd().openRows()).toBe(25);
  });

  test('the same is told before they are written down, while it is done, and after', () => {
    const { database, openRows } = afterAnEnd();
    const told = () => ({
      users: database.load('app', names).toSorted((a, b) => (a.user < b.user ? -1 : 1)),
      of: names.map((name) => database.sessions('app', name, 5)),
    });
    const before = told();
    expect(before.users.every(({ seenAt, restingSeenAt }) => seenAt === START + 500 && restingSeenAt === START + 500)).toBe(true);
    expect(before.of.flat().every(({ endedAt, endReason }) => endedAt === START + 500 && endReason === 'shutdown')).toBe(true);
    expect(database.settleNext(10)).toBe(true);
    expect(openRows()).toBe(15);
    expect(told()).toEqual(before);
    expect(database.settleNext(10)).toBe(true);
    expect(database.settleNext(10)).toBe(false);
    expect(database.unsettled()).toBe(false);
    expect(openRows()).toBe(0);
    expect(told()).toEqual(before);
  });

  test('a user who is written is settled first, with what hid them then', () => {
    const { database, openRows } = afterAnEnd();
    database.writeAll([{ ...emptyBatch(), users: [{ ...user('user-3'), availability: 'invisible', restingSeenAt: null }] }]);
    expect(openRows()).toBe(24);
    expect(database.load('app', ['user-3'])).toMatchObject([{ availability: 'invisible', restingSeenAt: START + 500 }]);
  });

  test('a session taken over leaves its old end with its user', () => {
    const { database } = afterAnEnd();
    database.writeAll([{ ...emptyBatch(), sessions: [{ ...openLink('user-3', 'node-2'), seenAt: START + 1_000 }] }]);
    expect(database.load('app', ['user-3'])).toMatchObject([{ seenAt: START + 500, restingSeenAt: START + 500 }]);
    expect(database.sessions('app', 'user-3', 5)).toMatchObject([{ node: 'node-2', endedAt: null }]);
  });

  test('one written late for an ended node is found, though the pass was over', () => {
    const { database, openRows } = afterAnEnd();
    while (database.settleNext(10));
    database.writeAll([online(['late'], 'node-1')]);
    expect(database.unsettled()).toBe(true);
    expect(database.load('app', ['late'])).toMatchObject([{ seenAt: START + 500 }]);
    database.settleNext(10);
    expect(openRows()).toBe(0);
  });
});

test('batches that share a commit fail alone', () => {
  const database = databaseOn(newFile());
  onTestFinished(() => database.close('node-1', START));
  database.open('node-1', START);
  const broken = {
    ...online(['bad'], 'node-1'),
    relations: [{ ...{ tenant: 'app', user: 'bad', other: 'bob', present: true }, kind: 'friend' as 'contact' }],
  };
  const errors = database.writeAll([online(['one'], 'node-1'), broken, online(['two'], 'node-1')]);
  expect(errors).toEqual([undefined, expect.objectContaining({ code: 'failed' }), undefined]);
  expect(database.load('app', ['one', 'bad', 'two']).map((found) => found.user)).toEqual(['one', 'two']);
});
