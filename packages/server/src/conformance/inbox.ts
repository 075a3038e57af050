import { isDeepStrictEqual } from 'node:util';
import { createSystemClock, type ManualClock } from '../clock.ts';

/** One message as a client received it. */
export interface Received {
  readonly event: string;
  readonly payload: unknown;
}

/** Fields that a payload must have to be the one that is waited for. */
export type Match = Readonly<Record<string, unknown>> | ((payload: unknown) => boolean);

/** How long a message may take, by the machine's clock, before the test fails. */
const PATIENCE_MS = 5_000;
/** While something is waited for, the virtual clock is moved this often, or what is bundled would never be sent. */
const NUDGE_EVERY_MS = 15;
const NUDGE_MS = 10;

const system = createSystemClock();

/** What clients in a test know of the server, besides what it tells them. */
export interface Surroundings {
  readonly clock: ManualClock;
  /** Whether the server has yet to tell somebody of a change. */
  owes(): boolean;
}

/** What a client received and the test has not looked at yet. */
export class Inbox {
  readonly #clock: ManualClock | undefined;
  readonly #who: string;
  #received: Received[] = [];
  readonly #looking = new Set<() => void>();

  constructor(who: string, clock?: ManualClock) {
    this.#who = who;
    this.#clock = clock;
  }

  put(event: string, payload: unknown): void {
    this.#received.push({ event, payload });
    for (const look of [...this.#looking]) look();
  }

  /** Takes the first message of this name that matches, waiting for it if need be; rejects when it does not come. */
  next<Payload = Record<string, unknown>>(event: string, match: Match = {}): Promise<Payload> {
    return this.until(
      () => {
        const index = this.#received.findIndex((each) => each.event === event && matches(each.payload, match));
        return index === -1 ? undefined : (this.#received.splice(index, 1)[0]?.payload as Payload);
      },
      () => `${event} ${typeof match === 'function' ? '' : JSON.stringify(match)}`,
    );
  }

  /** Everything received and not looked at, of these names or of all; it counts as looked at now. */
  take(...events: string[]): Received[] {
    const wanted = (each: Received) => events.length === 0 || events.includes(each.event);
    const taken = this.#received.filter(wanted);
    this.#received = this.#received.filter((each) => !wanted(each));
    return taken;
  }

  /** Resolves when the server has sent all that it had to say. */
  async paid({ owes, clock }: Surroundings): Promise<void> {
    clock.advance(NUDGE_MS);
    await this.until(
      () => (owes() ? undefined : true),
      () => 'what the server owes',
    );
  }

  /** Resolves with what `look` finds, looking again at each message. */
  until<Found>(look: () => Found | undefined, words: () => string): Promise<Found> {
    const failedAt = system.now() + PATIENCE_MS;
    return new Promise((resolve, reject) => {
      const end = () => {
        cancel();
        this.#looking.delete(check);
      };
      const check = () => {
        const found = look();
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const nudge = () => {
        if (system.now() > failedAt) {
          end();
          const had = JSON.stringify(this.#received).slice(0, 1_500);
          return reject(new Error(`${this.#who} was not told: ${words()}. It was told: ${had}`));
        }
        cancel = system.alarm(system.now() + NUDGE_EVERY_MS, nudge);
        this.#clock?.advance(NUDGE_MS);
        check();
      };
      let cancel = system.alarm(system.now() + NUDGE_EVERY_MS, nudge);
      this.#looking.add(check);
      check();
    });
  }
}

function matches(payload: unknown, match: Match): boolean {
  if (typeof match === 'function') return match(payload);
  const fields = Object.entries(match);
  if (fields.length === 0) return true;
  if (typeof payload !== 'object' || payload === null) return false;
  return fields.every(([name, value]) => isDeepStrictEqual((payload as Record<string, unknown>)[name], value));
}
