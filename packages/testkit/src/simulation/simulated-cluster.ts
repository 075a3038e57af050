import {
  type Cluster,
  createMember,
  createMemoryMeetingPoint,
  createSoloCluster,
  type MeetingState,
  type MemoryMeetingPoint,
} from '@porchlight/server';
import { createRandom } from '../random.ts';
import { checkGhosts, checkMeetingPoint } from './checked-meeting-point.ts';
import type { Checks } from './checks.ts';
import { ClusterWeather } from './cluster-weather.ts';
import { createWire } from './cluster-wire.ts';
import type { Counters } from './counters.ts';
import type { Machine } from './machine.ts';
import type { VirtualTime } from './virtual-time.ts';

const SHARDS = 3;
/** Short, so that logs are too short now and then. */
const LOG_MAX = 20;
const LOOK_MS = 5_000;
/** Copies kept to go back to: a rollback takes back up to so many looks. */
const COPIES = 4;

/** The place where the nodes of a world meet, what befalls it, and what must always hold there. */
export class SimulatedCluster {
  readonly weather: ClusterWeather;
  readonly meetingPoint: MemoryMeetingPoint;
  readonly #parts: { seed: number; nodes: number; time: VirtualTime; checks: Checks; faults: Counters };
  readonly #copies: { at: number; state: MeetingState }[] = [];

  constructor(parts: { seed: number; nodes: number; time: VirtualTime; checks: Checks; faults: Counters }) {
    this.#parts = parts;
    const { time, checks } = parts;
    this.weather = new ClusterWeather(time);
    const meetingPoint = createMemoryMeetingPoint({ now: () => time.now(), shardCount: SHARDS, logMax: LOG_MAX });
    this.meetingPoint = checkMeetingPoint(meetingPoint, checks);
    if (this.isSeveral) this.#lookLater();
  }

  get isSeveral(): boolean {
    return this.#parts.nodes > 1;
  }

  /** What a process takes part in. */
  memberFor(name: string, machine: Machine): Cluster {
    if (!this.isSeveral) return createSoloCluster();
    const { seed, time, faults } = this.#parts;
    let names = 0;
    return createMember({
      meetingPoint: createWire({
        meetingPoint: this.meetingPoint,
        name,
        machine,
        time,
        weather: this.weather,
        faults,
        random: createRandom(seed, `wire ${name}`),
      }),
      clock: machine.clock,
      newIncarnation: () => {
        names += 1;
        return `${name}.${names}`;
      },
    });
  }

  /** Everything that was known is gone, or all that came after some moment. */
  lose(goesBack: boolean): void {
    const copy = goesBack ? this.#copies[0] : undefined;
    this.weather.lose(copy?.at ?? this.#parts.time.now());
    if (copy === undefined) this.meetingPoint.empty();
    else this.meetingPoint.rollBack(copy.state);
  }

  #lookLater(): void {
    const { time, checks } = this.#parts;
    time.after(LOOK_MS, () => {
      const state = this.meetingPoint.save();
      checkGhosts(state, checks);
      this.#copies.push({ at: time.now(), state });
      if (this.#copies.length > COPIES) this.#copies.shift();
      this.#lookLater();
    });
  }
}
