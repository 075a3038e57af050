import type { DatabaseSync } from 'node:sqlite';

/** Does all of it or nothing. Takes the right to write at once: to ask for it later may fail where waiting would have helped. */
export function inTransaction<T>(database: DatabaseSync, act: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = act();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors, such as that of a full disk, have ended it already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
