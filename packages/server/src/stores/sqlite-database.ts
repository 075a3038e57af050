import type { DatabaseSync } from 'node:sqlite';
import { explain, openSqliteFile, type SqliteFileOptions } from './sqlite-file.ts';
import { createReader, type Reader, recover } from './sqlite-reads.ts';
import { createSettlement, type Settlement } from './sqlite-settlement.ts';
import { inTransaction } from './sqlite-transaction.ts';
import { createWriter } from './sqlite-writes.ts';
import type { Recovery, StoreBatch } from './store.ts';
import { StoreError } from './store-error.ts';

/** The store, without the waiting: what the worker runs. Every method throws StoreErrors. */
export interface SqliteDatabase extends Reader {
  open(node: string, now: number): Recovery;
  /** Applies the batches, each wholly or not at all; the result has an error for each that was not, in their order. */
  writeAll(batches: StoreBatch[]): (StoreError | undefined)[];
  /** Whether ended nodes left sessions open that `settleNext` has not written down. */
  unsettled(): boolean;
  /** Writes down the ends of up to so many users' sessions that were left open; false when there are no more. */
  settleNext(usersMax: number): boolean;
  close(node: string, now: number): void;
}

interface OpenDatabase extends Reader {
  database: DatabaseSync;
  settlement: Settlement;
  apply: (batch: StoreBatch) => void;
  closeFile: () => void;
}

export function createSqliteDatabase(options: SqliteFileOptions): SqliteDatabase {
  let opened: OpenDatabase | undefined;

  const explained = <T>(act: (current: OpenDatabase) => T): T => {
    if (opened === undefined) throw new StoreError('closed', `The store ${options.file} is not open.`);
    try {
      return act(opened);
    } catch (error) {
      throw explain(error, options.file);
    }
  };

  return {
    open(node, now) {
      const { database, close: closeFile } = openSqliteFile(options);
      try {
        const recovery = inTransaction(database, () => recover(database, node, now));
        const settlement = createSettlement(database);
        opened = { database, settlement, closeFile, apply: createWriter(database, settlement), ...createReader(database) };
        return recovery;
      } catch (error) {
        closeFile();
        throw explain(error, options.file);
      }
    },
    load: (tenant, users) => explained((current) => current.load(tenant, users)),
    sessions: (tenant, user, limit, before) => explained((current) => current.sessions(tenant, user, limit, before)),
    writeAll: (batches) => explained((current) => writeAll(current, batches, options.file)),
    unsettled: () => opened?.settlement.pending() ?? false,
    settleNext: (usersMax) => explained((current) => current.settlement.settleNext(usersMax)),
    close: (node, now) =>
      explained(({ database, closeFile }) => {
        database
          .prepare(`UPDATE nodes SET ended_at = max(alive_at, ?), end_reason = 'shutdown' WHERE name = ? AND ended_at IS NULL`)
          .run(now, node);
        opened = undefined;
        closeFile();
      }),
  };
}

/**
 * All in one transaction, and only if that fails each in its own. Not each in a savepoint: with one open, every statement walks through what
 * those before it have changed.
 */
function writeAll({ database, apply }: OpenDatabase, batches: StoreBatch[], file: string): (StoreError | undefined)[] {
  const write = (some: readonly StoreBatch[]): StoreError | undefined => {
    try {
      inTransaction(database, () => some.forEach(apply));
      return undefined;
    } catch (error) {
      return explain(error, file);
    }
  };
  const failed = write(batches);
  return batches.map((batch) => (failed === undefined || batches.length === 1 ? failed : write([batch])));
}
