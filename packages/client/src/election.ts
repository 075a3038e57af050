import type { Locks } from './environment.ts';

export interface ElectionParts {
  locks: Locks;
  /** Whoever holds this lock leads. */
  name: string;
  /** The lock is ours. */
  won(): void;
  /** Somebody took it by force. */
  robbed(): void;
  /** The browser gives nobody a lock here (a sandboxed frame, for one). */
  unavailable(): void;
}

/** Waits for the leader's lock, and holds it until it withdraws or is robbed. */
export class Election {
  readonly #parts: ElectionParts;
  #withdraw = () => {};

  constructor(parts: ElectionParts) {
    this.#parts = parts;
  }

  /** Gets in line, or takes the lock from whoever has it. Gives up an earlier place. */
  async run(steal = false): Promise<void> {
    this.withdraw();
    const waiting = new AbortController();
    const { locks, name } = this.#parts;
    let held = false;
    let withdrawn = false;
    let release = () => waiting.abort();
    this.#withdraw = () => {
      withdrawn = true;
      release();
    };
    const granted = () => {
      if (withdrawn) return undefined;
      held = true;
      this.#parts.won();
      return new Promise<void>((resolve) => {
        if (withdrawn) resolve();
        release = resolve;
      });
    };
    // The standard does not allow both options at once.
    await locks.request(name, steal ? { steal } : { signal: waiting.signal }, granted).catch(() => {});
    if (withdrawn) return;
    if (held) this.#parts.robbed();
    else this.#parts.unavailable();
  }

  /** Leaves the line, or gives the lock back. */
  withdraw(): void {
    this.#withdraw();
    this.#withdraw = () => {};
  }
}

/** Holds a lock from when it is granted until the signal. `held` is called then, or when the browser grants no locks at all. */
export async function holdLock(locks: Locks, name: string, signal: AbortSignal, held: () => void): Promise<void> {
  const hold = () => {
    if (signal.aborted) return undefined;
    held();
    return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  };
  await locks.request(name, { signal }, hold).catch(() => signal.aborted || held());
}

/** Calls `free` when the lock that somebody else holds is given back, however that came, unless the signal is first. */
export async function awaitLock(locks: Locks, name: string, signal: AbortSignal, free: () => void): Promise<void> {
  await locks.request(name, { signal }, () => void (signal.aborted || free())).catch(() => {});
}
