import type { Crowd } from './crowd.ts';
import { Histogram } from './histogram.ts';
import type { LoadConnection } from './load-connection.ts';
import { logNormalMs, randomness } from './randomness.ts';
import { pause, type Stage } from './stage.ts';

/** Days and hours are compressed to seconds; the form of the distributions is kept. */
const ONLINE_MEDIAN_MS = 3_000;
const OFFLINE_MEDIAN_MS = 2_000;
const SIGMA = 0.8;
/** Nobody is away or here for less, so that every change can settle before the next of the same user. */
const LEAST_MS = 800;
const LOST_AFTER_MS = 10_000;
const TICK_MS = 5;

type State = 'out' | 'coming' | 'in';

interface Person {
  state: State;
  connection: LoadConnection | undefined;
  /** When the next step is due. */
  dueAtMs: number;
  /** The last change of this person and who has still to hear of it. */
  changedAtMs: number;
  unaware: Set<number>;
}

/**
 * People who come and go. A change of somebody is expected by each contact whose watch stood when it began and who stays until it
 * comes; contacts just arriving get it in their snapshot instead, and are not counted.
 */
export class Sessions {
  latency = new Histogram();
  delivered = 0;
  arrivals = 0;
  departures = 0;
  /** Deliveries that did not come in time. */
  lost = 0;
  readonly #stage: Stage;
  readonly #crowd: Crowd;
  readonly #contacts: readonly (readonly number[])[];
  readonly #people: Person[];
  readonly #random: () => number;

  constructor(stage: Stage, crowd: Crowd, contacts: readonly (readonly number[])[], seed: number) {
    this.#stage = stage;
    this.#crowd = crowd;
    this.#contacts = contacts;
    this.#random = randomness(seed);
    this.#people = contacts.map(() => ({
      state: 'out',
      connection: undefined,
      dueAtMs: performance.now() + this.#random() * OFFLINE_MEDIAN_MS,
      changedAtMs: 0,
      unaware: new Set(),
    }));
    crowd.onDelivered = (connection, user, online, atMs) => this.#received(connection.identity.user, user, online, atMs);
  }

  restart(): void {
    this.latency = new Histogram();
    this.delivered = 0;
    this.arrivals = 0;
    this.departures = 0;
    this.lost = 0;
  }

  /** Lets people come and go for a while, then waits until everybody knows or is taken never to hear. */
  async run(durationMs: number): Promise<void> {
    const endAtMs = performance.now() + durationMs;
    while (performance.now() < endAtMs) {
      this.#step(performance.now());
      this.#crowd.check();
      await pause(TICK_MS);
    }
    while (this.#people.some(({ state, unaware }) => state === 'coming' || unaware.size > 0)) {
      this.#crowd.check();
      this.#writeOff(performance.now());
      await pause(TICK_MS);
    }
  }

  #step(nowMs: number): void {
    this.#writeOff(nowMs);
    for (const [user, person] of this.#people.entries()) {
      if (person.dueAtMs > nowMs || person.unaware.size > 0) continue;
      if (person.state === 'out') this.#arrive(user, person, nowMs);
      else if (person.state === 'in') this.#depart(user, person, nowMs);
    }
  }

  #writeOff(nowMs: number): void {
    for (const { unaware, changedAtMs } of this.#people) {
      if (unaware.size === 0 || nowMs - changedAtMs < LOST_AFTER_MS) continue;
      this.lost += unaware.size;
      unaware.clear();
    }
  }

  #expect(user: number, person: Person, nowMs: number): void {
    person.changedAtMs = nowMs;
    for (const contact of this.#contacts[user]!) if (this.#people[contact]!.state === 'in') person.unaware.add(contact);
  }

  #arrive(user: number, person: Person, nowMs: number): void {
    person.state = 'coming';
    this.arrivals++;
    this.#expect(user, person, nowMs);
    const come = async () => {
      const connection = await this.#crowd.openOne({ user, watchOnly: false });
      person.connection = connection;
      await this.#crowd.watchOne(connection, this.#contacts[user]!);
      person.state = 'in';
      person.dueAtMs = performance.now() + Math.max(LEAST_MS, logNormalMs(this.#random, ONLINE_MEDIAN_MS, SIGMA));
    };
    // The crowd keeps the cause and `check` throws it.
    come().catch(() => {});
  }

  #depart(user: number, person: Person, nowMs: number): void {
    person.state = 'out';
    person.dueAtMs = nowMs + Math.max(LEAST_MS, logNormalMs(this.#random, OFFLINE_MEDIAN_MS, SIGMA));
    this.departures++;
    // Of their changes a leaving contact hears no more.
    for (const contact of this.#contacts[user]!) this.#people[contact]!.unaware.delete(user);
    this.#expect(user, person, nowMs);
    this.#stage.wire.leave!(person.connection!);
    person.connection!.end();
    person.connection = undefined;
  }

  #received(watcher: number, user: number, online: boolean, atMs: number): void {
    const person = this.#people[user];
    if (person === undefined || online !== (person.state !== 'out') || !person.unaware.delete(watcher)) return;
    this.delivered++;
    this.latency.record(atMs - person.changedAtMs);
  }
}
