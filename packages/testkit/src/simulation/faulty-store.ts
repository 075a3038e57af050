import type { SharedStore } from '@porchlight/server';
import type { Counters } from './counters.ts';
import type { Machine } from './machine.ts';

/** What is wrong with the stores of a world just now. */
export interface StoreTrouble {
  /** Every call takes this long. */
  slowMs: number;
  /** Every call is rejected. */
  failing: boolean;
  /** Writes are rejected, as on a full disk; reads are not. */
  full: boolean;
}

export const noTrouble = (): StoreTrouble => ({ slowMs: 0, failing: false, full: false });

/** A store as a process on this machine has it: answers come only while the machine runs, and trouble is passed on. */
export function createFaultyStore(store: SharedStore, machine: Machine, trouble: StoreTrouble, faults: Counters): SharedStore {
  const call = async <T>(act: () => Promise<T>, writes: boolean): Promise<T> => {
    const { slowMs } = trouble;
    // A slow call may take effect early or late; a process that dies meanwhile never learns which.
    const late = slowMs > 0 && writes;
    if (late) await new Promise<void>((resolve) => machine.after(slowMs / 2, resolve));
    if (trouble.failing || (trouble.full && writes)) {
      faults.count(trouble.failing ? 'store failing' : 'store full');
      await arrival(machine, slowMs);
      throw Object.assign(new Error('The simulated store fails.'), { code: trouble.full ? 'SQLITE_FULL' : 'EIO' });
    }
    if (slowMs > 0) faults.count('store slow');
    const outcome = await act().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await arrival(machine, late ? slowMs / 2 : slowMs);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
  return {
    open: (node, now) => store.open(node, now),
    load: (tenant, users) => call(() => store.load(tenant, users), false),
    write: (batch) => {
      // The caller may go on to change its batch while the store is slow.
      const copy = trouble.slowMs > 0 ? structuredClone(batch) : batch;
      return call(() => store.write(copy), true);
    },
    sessions: (tenant, user, limit, before) => call(() => store.sessions(tenant, user, limit, before), false),
    close: (node, now) => store.close(node, now),
    join: (node, now) => store.join(node, now),
    bury: (node, now) => call(() => store.bury(node, now), true),
    nodes: () => call(() => store.nodes(), false),
  };
}

// Only a machine that runs hears an answer.
function arrival(machine: Machine, delayMs: number): Promise<void> | undefined {
  if (delayMs > 0) return new Promise((resolve) => machine.after(delayMs, resolve));
  if (!machine.frozen && !machine.dead) return undefined;
  return new Promise((resolve) => machine.enter(resolve));
}
