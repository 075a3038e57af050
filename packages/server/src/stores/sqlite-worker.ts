import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { createSqliteDatabase } from './sqlite-database.ts';
import type { SqliteFileOptions } from './sqlite-file.ts';
import type { StoreBatch } from './store.ts';
import { StoreError } from './store-error.ts';
import type { StoreCall, StoreReply } from './worker-calls.ts';

/** Users settled between two looks at the mailbox: some milliseconds, so that callers hardly wait. */
const SETTLE_USERS_MAX = 200;
/** Calls taken out of the mailbox at once; the writes next to each other among them share a commit. */
const GROUP_MAX = 256;

const port = parentPort!;
const database = createSqliteDatabase(workerData as SqliteFileOptions);
let settling = false;

port.on('message', (first: StoreCall) => {
  const calls = [first];
  while (calls.length < GROUP_MAX) {
    const waiting = receiveMessageOnPort(port);
    if (waiting === undefined) break;
    calls.push(waiting.message);
  }
  port.postMessage(answer(calls));
  settleSoon();
});

function answer(calls: StoreCall[]): StoreReply[] {
  const replies: StoreReply[] = [];
  let writes: { id: number; batch: StoreBatch }[] = [];
  const flush = () => {
    if (writes.length > 0) replies.push(...write(writes));
    writes = [];
  };
  for (const call of calls) {
    if (call.method === 'write') {
      writes.push({ id: call.id, batch: call.args[0] });
    } else {
      flush();
      replies.push(attempt(call));
    }
  }
  flush();
  return replies;
}

function write(writes: { id: number; batch: StoreBatch }[]): StoreReply[] {
  try {
    const errors = database.writeAll(writes.map(({ batch }) => batch));
    return writes.map(({ id }, index) => (errors[index] === undefined ? { id, value: undefined } : failure(id, errors[index])));
  } catch (error) {
    return writes.map(({ id }) => failure(id, error));
  }
}

function attempt(call: Exclude<StoreCall, { method: 'write' }>): StoreReply {
  try {
    return { id: call.id, value: run(call) };
  } catch (error) {
    return failure(call.id, error);
  }
}

function run(call: Exclude<StoreCall, { method: 'write' }>): unknown {
  switch (call.method) {
    case 'open':
      return database.open(...call.args);
    case 'load':
      return database.load(...call.args);
    case 'sessions':
      return database.sessions(...call.args);
    case 'close':
      return database.close(...call.args);
  }
}

/** In the background, a little at a time. Nobody depends on it: the view tells the same, so an error here only means that it stays for later. */
function settleSoon(): void {
  if (settling || !database.unsettled()) return;
  settling = true;
  setImmediate(() => {
    settling = false;
    try {
      if (database.unsettled() && database.settleNext(SETTLE_USERS_MAX)) settleSoon();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  });
}

function failure(id: number, error: unknown): StoreReply {
  const known = error instanceof StoreError ? error : new StoreError('failed', String(error), error);
  // Class and code do not survive the way between threads, so they travel as data.
  return { id, error: { code: known.code, message: known.message } };
}
