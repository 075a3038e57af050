import type { MeetingPoint } from '@porchlight/server';
import type { Random } from '../random.ts';
import type { ClusterWeather } from './cluster-weather.ts';
import type { Counters } from './counters.ts';
import type { Machine } from './machine.ts';
import type { VirtualTime } from './virtual-time.ts';

interface WireParts {
  meetingPoint: MeetingPoint;
  /** Names the process at this end. */
  name: string;
  machine: Machine;
  time: VirtualTime;
  weather: ClusterWeather;
  random: Random;
  faults: Counters;
}

/** A caller gives up after this long, not knowing what became of the call. */
const TIMEOUT_MS = 1_000;
const SLOW_MS = 20;
/** What a proxy or a queue held back arrives this much later at most. */
const LATE_MS = 40_000;
const FAULT_CHANCE = 0.1;

/**
 * The meeting point as one process has it: over a wire that is mostly quick and in order. In bad weather calls are lost, come twice, late or
 * out of order, answers are lost, and so is what is published; a process that is cut off hears, or says, nothing at all.
 */
export function createWire(parts: WireParts): MeetingPoint {
  const { meetingPoint } = parts;
  const wire = new Wire(parts);
  const over =
    <Given extends unknown[], T>(operation: (...given: Given) => Promise<T>) =>
    (...given: Given): Promise<T> =>
      wire.call(() => operation(...given));
  return {
    shardCount: meetingPoint.shardCount,
    hello: over(meetingPoint.hello),
    register: over(meetingPoint.register),
    beat: over(meetingPoint.beat),
    bury: over(meetingPoint.bury),
    resign: over(meetingPoint.resign),
    forget: over(meetingPoint.forget),
    attach: over(meetingPoint.attach),
    write: over(meetingPoint.write),
    fence: over(meetingPoint.fence),
    drop: over(meetingPoint.drop),
    log: over(meetingPoint.log),
    snapshot: over(meetingPoint.snapshot),
    heads: over(meetingPoint.heads),
    listen: (hear) => meetingPoint.listen((...news) => wire.publish(() => hear(...news))),
  };
}

class Wire {
  readonly #parts: WireParts;
  /** Calls, and news, arrive in the order in which they were sent, unless the weather is bad. */
  #callsArriveAt = 0;
  #newsArriveAt = 0;

  constructor(parts: WireParts) {
    this.#parts = parts;
  }

  call<T>(operation: () => Promise<T>): Promise<T> {
    const { machine, time, weather, random, faults, name } = this.#parts;
    const cut = weather.cutOf(name);
    const { lost, duplicated, reordered, ambiguous } = weather.now;
    const strikes = (kind: string, isOn: boolean) => {
      if (!isOn || !random.chance(FAULT_CHANCE)) return false;
      faults.count(kind);
      return true;
    };
    if (cut !== undefined) faults.count(cut === 'both' ? 'partition both ways' : 'partition one way');
    const isLost = cut === 'calls' || cut === 'both' || strikes('message lost', lost);
    const isUnanswered = cut === 'answers' || strikes('ambiguous reply', ambiguous);
    if (!isLost && strikes('message duplicated', duplicated)) time.after(random.below(LATE_MS), () => void operation().catch(() => {}));
    const isLate = !isLost && strikes('message reordered', reordered);
    if (isLate) {
      time.after(random.below(LATE_MS), () => void operation().catch(() => {}));
      return this.#timeout();
    }
    if (isLost) return this.#timeout();
    const delayMs = this.#delay();
    this.#callsArriveAt = Math.max(this.#callsArriveAt, time.now() + delayMs);
    const waitMs = this.#callsArriveAt - time.now();
    const carriedOut =
      waitMs === 0 ? operation() : new Promise<T>((resolve, reject) => time.after(waitMs, () => void operation().then(resolve, reject)));
    if (isUnanswered) {
      carriedOut.catch(() => {});
      return this.#timeout();
    }
    // Only a machine that runs hears an answer.
    return carriedOut.then((answer) =>
      machine.frozen || machine.dead ? new Promise((resolve) => machine.enter(() => resolve(answer))) : answer,
    );
  }

  publish(hear: () => void): void {
    const { machine, time, weather, random, faults, name } = this.#parts;
    const cut = weather.cutOf(name);
    if (cut === 'answers' || cut === 'both') return;
    const { lost, duplicated, reordered } = weather.now;
    if (lost && random.chance(FAULT_CHANCE)) return faults.count('message lost');
    if (duplicated && random.chance(FAULT_CHANCE)) {
      faults.count('message duplicated');
      machine.after(random.below(LATE_MS), hear);
    }
    if (reordered && random.chance(FAULT_CHANCE)) {
      faults.count('message reordered');
      machine.after(random.below(3_000), hear);
      return;
    }
    this.#newsArriveAt = Math.max(this.#newsArriveAt, time.now() + 1 + this.#delay());
    machine.after(this.#newsArriveAt - time.now(), hear);
  }

  #delay(): number {
    const { random } = this.#parts;
    return random.chance(0.05) ? random.below(SLOW_MS) : 0;
  }

  #timeout<T>(): Promise<T> {
    const { machine } = this.#parts;
    return new Promise((_resolve, reject) => machine.after(TIMEOUT_MS, () => reject(new Error('The simulated call got no answer.'))));
  }
}
