import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqliteMigrations } from './migrations/sqlite.ts';
import { inTransaction } from './sqlite-transaction.ts';
import { StoreError, type StoreErrorCode } from './store-error.ts';

export interface SqliteFileOptions {
  /** Path of the database; its folder is made if it is missing. */
  file: string;
  /**
   * `NORMAL`: a killed process loses nothing, a power cut may lose the last moments (never the integrity). `FULL`: neither does, at one
   * flush of the disk a commit. (https://www.sqlite.org/pragma.html#pragma_synchronous)
   */
  synchronous: 'NORMAL' | 'FULL';
  /** How long to wait for another process to let go of the file. */
  busyTimeoutMs: number;
}

export interface SqliteFile {
  database: DatabaseSync;
  close(): void;
}

/** Written into the file's header, so that no other program's database is taken for ours: "PRCH". */
const APPLICATION_ID = 0x50524348;

/** Opens the file, alone, and brings its tables up to date. Throws a StoreError that says what to do. */
export function openSqliteFile(options: SqliteFileOptions): SqliteFile {
  let lock: DatabaseSync | undefined;
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(options.file), { recursive: true });
    lock = takeLock(options);
    database = new DatabaseSync(options.file, { timeout: options.busyTimeoutMs, enableForeignKeyConstraints: true });
    checkIdentity(database, options.file);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${options.synchronous};
      PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -16000;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(database);
  } catch (error) {
    database?.close();
    lock?.close();
    throw explain(error, options.file);
  }
  const opened = database;
  return {
    database: opened,
    close() {
      opened.exec('PRAGMA optimize');
      opened.close();
      lock.close();
    },
  };
}

/**
 * Recovery takes every other node for dead, so there must be none. The lock is a transaction on a file of its own, never ended: the system lets
 * go of it when the process ends, however it ends, and the database itself stays readable to backups and the sqlite3 program.
 */
function takeLock({ file, busyTimeoutMs }: SqliteFileOptions): DatabaseSync {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: busyTimeoutMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

function checkIdentity(database: DatabaseSync, file: string): void {
  const applicationId = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count;
  if (applicationId !== APPLICATION_ID && (tables !== 0 || version !== 0)) {
    throw new StoreError('foreign', `${file} is a database of another program. Name another file for Porchlight.`);
  }
  if (version > sqliteMigrations.length) {
    throw new StoreError(
      'newer',
      `${file} was written by a newer Porchlight (its tables are version ${version}, this program knows ${sqliteMigrations.length}). ` +
        'Start that version again, or restore a backup from before the upgrade.',
    );
  }
}

function migrate(database: DatabaseSync): void {
  inTransaction(database, () => {
    for (let version = pragma(database, 'user_version'); version < sqliteMigrations.length; version++) {
      database.exec(sqliteMigrations[version]!);
    }
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${sqliteMigrations.length}`);
  });
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that an operator can do something about. */
const MEANINGS = new Map<number, [StoreErrorCode, string]>([
  [3, ['unwritable', 'cannot be opened for writing. Check the permissions of the file and its folder.']],
  [5, ['locked', 'is in use by another process. Stop that one first, or give this one a data folder of its own.']],
  [8, ['unwritable', 'cannot be written. Check the permissions of the file and its folder, and that the disk is not mounted read-only.']],
  [10, ['unwritable', 'could not be read or written by the system. Check the disk and the system log.']],
  [
    11,
    ['damaged', 'is damaged. Restore a backup, or save what is left with `sqlite3 FILE .recover`; moved away, Porchlight starts empty.'],
  ],
  [13, ['full', 'cannot grow: the disk is full. Make room.']],
  [14, ['unwritable', 'cannot be opened. Check that it is a file in a folder that this user may write.']],
  [26, ['damaged', 'is not an SQLite database, or its beginning is damaged. Restore a backup; moved away, Porchlight starts empty.']],
]);

/** The StoreError that an error of node:sqlite or of the file system amounts to. */
export function explain(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const { errcode, code, message } = error as { errcode?: number; code?: string; message?: string };
  // Extended codes keep the primary one in their low byte.
  const meaning = errcode === undefined ? undefined : MEANINGS.get(errcode & 0xff);
  if (meaning !== undefined) return new StoreError(meaning[0], `The database ${file} ${meaning[1]} (${message})`, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOENT') {
    return new StoreError('unwritable', `The folder of ${file} cannot be made. Check the path and its permissions. (${message})`, error);
  }
  return new StoreError('failed', `The database ${file} failed: ${message ?? String(error)}`, error);
}
