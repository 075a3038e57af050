import type { Message } from '@porchlight/server';
import type { ClusterWeather } from './cluster-weather.ts';
import type { Counters } from './counters.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedSocket } from './simulated-socket.ts';
import type { SessionTruth, UserTruth } from './truth.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What the inhabitants of a world need of it. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly faults: Counters;
  /** How far clocks of nodes may be apart. */
  readonly driftMs: number;
  readonly weather: Pick<ClusterWeather, 'skewMs'>;
  /** A socket to a process that may die. */
  track(socket: SimulatedSocket): void;
  addSession(user: UserTruth, session: SessionTruth): SessionTruth;
  /** A new session of a device takes the place of its lost ones. */
  replaceForerunners(user: UserTruth, session: SessionTruth): void;
  /** A process heard of a user. */
  prove(user: UserTruth, process: SimulatedProcess, sure: boolean): void;
  /** A client was told something. */
  heard(socket: SimulatedSocket, viewer: UserTruth, message: Message): void;
  wrote(socket: SimulatedSocket, bytes: number, bufferedBytes: number, isChange: boolean): void;
}
