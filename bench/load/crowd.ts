import { setTimeout as pause } from 'node:timers/promises';
import type { Wire } from '../contestants/contestant.ts';
import { type Identity, LoadConnection, type Observer } from './load-connection.ts';

/** Dialling this many at a time keeps the server's accept queue from overflowing, whose retries would be measured otherwise. */
const DIALLING_MAX = 200;
const STEP_MS_MAX = 90_000;

type Waiter = (failure?: Error) => void;

/** Many connections to one server, and the promises of their common steps. */
export class Crowd implements Observer {
  readonly connections: LoadConnection[] = [];
  /** Set by the scenario to count what it needs. */
  onDelivered: (connection: LoadConnection, user: number, online: boolean, atMs: number) => void = () => {};
  onAnswered: (connection: LoadConnection) => void = () => {};
  /** Whose end by the server is not a failure. */
  mayEnd: (connection: LoadConnection) => boolean = () => false;
  #wire: Wire;
  #port: number;
  #signingIn = new Map<LoadConnection, Waiter>();
  #beginning = new Map<LoadConnection, Waiter>();
  #failure: Error | undefined;

  constructor(wire: Wire, port: number) {
    this.#wire = wire;
    this.#port = port;
  }

  /** Opens connections, at most `dialling` of them under way at once, and resolves when all are signed in. */
  async open(identities: readonly Identity[], dialling = DIALLING_MAX): Promise<LoadConnection[]> {
    const opened: LoadConnection[] = [];
    await eachAtMost(identities, Math.min(dialling, this.#wire.dialledMax ?? dialling), async (identity) => {
      opened.push(await this.openOne(identity));
    });
    return opened;
  }

  openOne(identity: Identity): Promise<LoadConnection> {
    return new Promise((resolve, reject) => {
      const connection = new LoadConnection(this.connections.length, identity, this.#port, this.#wire, this);
      this.connections.push(connection);
      this.#signingIn.set(connection, (failure) => (failure === undefined ? resolve(connection) : reject(failure)));
    });
  }

  /** Has connections watch users and resolves when every watch is confirmed. */
  async watch(connections: readonly LoadConnection[], watchedBy: (connection: LoadConnection) => readonly number[]): Promise<void> {
    await eachAtMost(connections, DIALLING_MAX, (connection) => this.watchOne(connection, watchedBy(connection)));
  }

  watchOne(connection: LoadConnection, users: readonly number[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#beginning.set(connection, (failure) => (failure === undefined ? resolve() : reject(failure)));
      this.#wire.watch!(connection, users);
    });
  }

  /** Throws what went wrong with any connection since the last time; called by scenarios while they wait. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resets every connection. */
  async dismiss(): Promise<void> {
    for (const connection of this.connections) connection.reset();
    this.connections.length = 0;
    await pause(50);
  }

  signedIn(connection: LoadConnection): void {
    const waiter = this.#signingIn.get(connection);
    this.#signingIn.delete(connection);
    waiter?.();
  }

  watching(connection: LoadConnection): void {
    const waiter = this.#beginning.get(connection);
    this.#beginning.delete(connection);
    waiter?.();
  }

  delivered(connection: LoadConnection, user: number, online: boolean, atMs: number): void {
    this.onDelivered(connection, user, online, atMs);
  }

  answered(connection: LoadConnection): void {
    this.onAnswered(connection);
  }

  closed(connection: LoadConnection, cause?: Error): void {
    if (cause === undefined) return;
    if (!this.mayEnd(connection)) this.#failure ??= cause;
    this.#signingIn.get(connection)?.(cause);
    this.#beginning.get(connection)?.(cause);
  }
}

/** Runs a task for each item, at most so many at once; rejects at the first failure or when it takes too long. */
async function eachAtMost<Item>(items: readonly Item[], atOnce: number, task: (item: Item) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) await task(items[next++]!);
  };
  const late = pause(STEP_MS_MAX, undefined, { ref: false }).then(() => {
    throw new Error(`${items.length} connections did not get ready within ${STEP_MS_MAX} ms`);
  });
  await Promise.race([Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane)), late]);
}
