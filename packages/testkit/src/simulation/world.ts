import type { EngineEvent } from '@porchlight/engine';
import { createMemoryDisk, createMemoryStore, type MemoryMeetingPoint, type Message } from '@porchlight/server';
import { createRandom } from '../random.ts';
import { latestMs, TIMES } from './bounds.ts';
import { Checks } from './checks.ts';
import type { ClusterWeather } from './cluster-weather.ts';
import { Counters } from './counters.ts';
import { checkAfterStart, crashOneOfSeveral, crashSession, forgetUnrecorded, relyOnLeases } from './durability.ts';
import { createFaultyStore } from './faulty-store.ts';
import { LeaseClient } from './lease-client.ts';
import { Observer } from './observer.ts';
import { CLUSTER_FAULT_NAMES, FAULT_NAMES, type Script } from './script.ts';
import { SettingsChanges } from './settings-changes.ts';
import { Sight, TOLD_MS } from './sight.ts';
import { SimulatedClient } from './simulated-client.ts';
import { SimulatedCluster } from './simulated-cluster.ts';
import { SIMULATED_OPTIONS, SimulatedProcess } from './simulated-process.ts';
import type { SimulatedSocket } from './simulated-socket.ts';
import type { Surroundings } from './surroundings.ts';
import { TroubleLog } from './trouble-log.ts';
import { type SessionTruth, UserTruth } from './truth.ts';
import { VirtualTime } from './virtual-time.ts';
import { CLIENT_WORDS } from './words.ts';

const USERS = 7;

/** One place where a server runs: one process after another on the same disk. */
export interface Place {
  process: SimulatedProcess | undefined;
  lives: number;
}

/** A world: servers, their disk, people with devices, and the truth about them. */
export class World implements Surroundings {
  readonly time = new VirtualTime();
  readonly checks: Checks;
  readonly faults = new Counters([...FAULT_NAMES, ...CLUSTER_FAULT_NAMES]);
  readonly users = new Map<string, UserTruth>();
  readonly clients: SimulatedClient[] = [];
  readonly leaseClients: LeaseClient[] = [];
  readonly places: Place[];
  readonly trouble = new TroubleLog();
  readonly script: Script;
  readonly #sockets = new Set<SimulatedSocket>();
  readonly #observer: Observer;
  readonly #disk = createMemoryDisk();
  /** How far the clock of a process that died was off, at most: the next one begins with the right time. */
  #driftMs = 0;
  readonly #cluster: SimulatedCluster;
  readonly #changes: SettingsChanges;
  readonly #pauses = new Map<SimulatedProcess, () => void>();

  constructor(script: Script) {
    this.script = script;
    const now = () => this.time.now();
    this.checks = new Checks(now);
    this.#observer = new Observer(this.checks, this.users, now);
    this.#cluster = new SimulatedCluster({ ...script, time: this.time, checks: this.checks, faults: this.faults });
    this.weather.onTrouble = () => this.#doubtTheDead();
    this.#changes = new SettingsChanges({
      time: this.time,
      checks: this.checks,
      skewMs: () => this.weather.skewMs,
      anyProcess: () => this.places.find(({ process }) => process?.healthy === true)?.process,
    });
    this.places = Array.from({ length: script.nodes }, () => ({ process: undefined, lives: 0 }));
    this.#populate();
  }

  // Two tenants share some ids: nothing may cross.
  #populate(): void {
    const random = createRandom(this.script.seed, 'people');
    for (let id = 1; id <= USERS; id += 1) this.#addUser('default', String(id));
    for (const id of ['1', '2']) this.#addUser('other', id);
    const dialects = Object.keys(CLIENT_WORDS);
    for (const user of this.users.values()) {
      const count = user.tenant === 'other' ? 1 : 1 + random.below(2);
      for (let index = 0; index < count; index += 1) {
        const dialect = dialects[(this.clients.length + random.below(2)) % dialects.length] as string;
        const name = `${user.tenant}-${user.id}-${index}`;
        const place = random.below(this.script.nodes);
        this.clients.push(
          new SimulatedClient(this, { user, name, dialect, place, random: random.fork(name) }, (at) => this.places[at]?.process),
        );
      }
      if (user.tenant === 'default' && random.chance(0.4)) this.leaseClients.push(new LeaseClient(this, user, user.id));
    }
  }

  #addUser(tenant: string, id: string): void {
    this.users.set(`${tenant}/${id}`, new UserTruth(tenant, id));
  }

  /** Starts a process at a place where none runs. */
  async boot(index: number): Promise<void> {
    const place = this.places[index] as Place;
    if (place.process !== undefined) return;
    place.lives += 1;
    const name = `n${index}-${place.lives}`;
    const process = new SimulatedProcess(name, this.time, {
      store: (machine) => createFaultyStore(createMemoryStore(this.#disk), machine, this.trouble.now, this.faults),
      cluster: (machine) => this.#cluster.memberFor(name, machine),
    });
    place.process = process;
    try {
      await process.start();
      if (this.isSeveral) this.weather.strike();
      else await checkAfterStart(this.checks, this.users.values(), process, this.time);
    } catch {
      // As a supervisor does: a server that cannot start is started again. What its short life was told of the one before is lost with it.
      process.kill();
      place.process = undefined;
      for (const user of this.users.values()) for (const session of user.sessions) if (!session.live) session.notBefore = 0;
      this.time.after(2_000, () => void this.boot(index));
    }
  }

  /** kill -9: the process is gone, and so is every connection to it. */
  crash(index: number): void {
    const place = this.places[index] as Place;
    const { process } = place;
    if (process === undefined) return;
    place.process = undefined;
    const wereKnown = this.weather.isWhole;
    const crashedAt = process.machine.clock.now();
    process.kill();
    this.#pauses.get(process)?.();
    this.#changes.died(process);
    if (this.isSeveral) this.weather.strike();
    this.#driftMs = Math.max(this.#driftMs, Math.abs(crashedAt - this.time.now()));
    for (const user of this.users.values()) this.#crashUser(user, process, crashedAt, wereKnown);
    for (const user of this.users.values()) forgetUnrecorded(user, process);
    for (const socket of [...this.#sockets]) {
      if (socket.process !== process) continue;
      this.#sockets.delete(socket);
      socket.died();
    }
  }

  #crashUser(user: UserTruth, process: SimulatedProcess, crashedAt: number, wereKnown: boolean): void {
    const now = this.time.now();
    const storedUntil = this.trouble.storedUntil(process.machine.ranUntil);
    if (this.isSeveral) {
      crashOneOfSeveral(user, process, crashedAt, now, wereKnown);
      return user.loseFresh(crashedAt - (now - Math.min(storedUntil, this.weather.couldStoreUntil(process.name))));
    }
    for (const session of user.sessions) {
      // The next process has another clock.
      const driftMs = Math.abs(crashedAt - now);
      if (session.kind === 'lease') {
        session.endBy += driftMs;
        session.notBefore -= driftMs;
      }
      // What this process had taken over from one before is not told again to the next.
      if (session.process !== process && !session.live && session.kind === 'link') {
        session.notBefore = 0;
        if (session.endBy > now) session.endBy = Number.POSITIVE_INFINITY;
      }
      if (session.process !== process && session.kind === 'link') continue;
      crashSession(session, storedUntil);
      // The node's beat vouches for every connection, also a hidden one, that the node had, or is not known not to have had.
      if (session.kind === 'link' && session.endBy > now) user.prove(crashedAt, false);
    }
    user.loseFresh(crashedAt - (now - storedUntil));
    this.#observer.forgetUnsafe(user, '');
  }

  change(user: UserTruth, process: SimulatedProcess, event: EngineEvent, apply: () => void): void {
    this.#changes.begin(user, process, event, apply);
  }

  get isSeveral(): boolean {
    return this.#cluster.isSeveral;
  }

  get weather(): ClusterWeather {
    return this.#cluster.weather;
  }

  get meetingPoint(): MemoryMeetingPoint {
    return this.#cluster.meetingPoint;
  }

  /** How far clocks of nodes may be apart. */
  get driftMs(): number {
    return this.#driftMs;
  }

  /** What the node of this process can know; without one, what all together can. */
  sightOf(process?: object): Sight {
    return new Sight(this.isSeveral, this.weather, () => this.time.now(), process);
  }

  /** Starts a process at every place where none runs, and gives each the time to find the others. */
  async bootAll(): Promise<void> {
    const booted = Promise.all(this.places.map((_, index) => this.boot(index)));
    await (this.isSeveral ? this.time.run(1_000) : booted);
  }

  loseCluster(goesBack: boolean): void {
    this.#cluster.lose(goesBack);
    for (const user of this.users.values()) relyOnLeases(user, this.time.now());
  }

  freeze(process: SimulatedProcess): void {
    process.machine.freeze();
    this.#pauses.set(process, this.weather.begin());
    // Taken for dead meanwhile, its last beat is what vouches for them.
    for (const user of this.users.values())
      for (const session of user.sessions)
        if (session.process === process && session.kind === 'link') user.prove(process.machine.clock.now(), false);
  }

  stepClock(process: SimulatedProcess, byMs: number): void {
    process.clockWasSet = true;
    process.machine.stepWallClock(byMs);
    if (!this.isSeveral) return;
    this.#driftMs += Math.abs(byMs);
    this.weather.clockSet();
  }

  // Whether somebody who went with their node must still be there depends on nothing else going wrong.
  #doubtTheDead(): void {
    for (const user of this.users.values())
      for (const session of user.sessions)
        if (!session.live && this.places.every(({ process }) => process !== session.process)) session.notBefore = 0;
  }

  /** The process at a place, if it can be reached. */
  processAt(place: number): SimulatedProcess | undefined {
    const process = this.places[place % this.places.length]?.process;
    return process?.started === true ? process : undefined;
  }

  addSession(user: UserTruth, session: SessionTruth): SessionTruth {
    user.prune(this.time.now(), this.sightOf());
    user.sessions.add(session);
    return session;
  }

  replaceForerunners(user: UserTruth, session: SessionTruth): void {
    for (const other of user.sessions)
      if (other !== session && !other.live && (other.device === session.device || other.process !== session.process)) other.notBefore = 0;
  }

  prove(user: UserTruth, process: SimulatedProcess, sure: boolean): void {
    if (user.settings.optedOut && user.settings.certain) return;
    user.prove(process.machine.clock.now(), sure && user.settings.certain);
  }

  heard(socket: SimulatedSocket, viewer: UserTruth, message: Message): void {
    const { clock } = socket.process.machine;
    this.#observer.hear(message, {
      viewer,
      memory: socket.memory,
      sight: this.sightOf(socket.process),
      process: this.isSeveral ? socket.process.name : '',
      isTroubled: this.isSeveral && !this.weather.isRecovered,
      nodeNow: clock.now(),
      skewMs: this.#driftMs,
      clockWasSet: socket.process.clockWasSet,
    });
  }

  wrote(socket: SimulatedSocket, bytes: number, bufferedBytes: number, isChange: boolean): void {
    const limit = SIMULATED_OPTIONS.sendBufferBytesMax;
    // A ping may yet be added to what waits.
    this.checks.that(
      'I7',
      bufferedBytes <= (isChange ? limit : limit + 1_024),
      () => `${bytes} bytes more for a reader with ${bufferedBytes} waiting`,
    );
    const watched = socket.connection?.dirty.size ?? 0;
    this.checks.that('I7', watched <= USERS + 2, () => `${watched} users wait for one connection`);
  }

  /** Every socket whose process still knows it. */
  track(socket: SimulatedSocket): void {
    this.#sockets.add(socket);
  }

  optOut(user: UserTruth, optedOut: boolean): void {
    const processes = () => this.places.flatMap(({ process }) => process ?? []);
    this.#changes.optOut(user, optedOut, this.isSeveral ? TOLD_MS : 0, processes);
  }

  /** Ends a pause: whatever was to be noticed meanwhile is noticed only now. */
  thaw(process: SimulatedProcess): void {
    if (!process.machine.frozen) return;
    this.#pauses.get(process)?.();
    this.#pauses.delete(process);
    const now = this.time.now();
    this.trouble.mark(process.machine.ranUntil, now);
    process.machine.thaw();
    for (const user of this.users.values())
      for (const session of user.sessions)
        if (session.process === process && !session.live && session.endBy !== 0 && session.kind === 'link')
          session.endBy = Math.max(session.endBy, now + latestMs(TIMES.pingIntervalMs + TIMES.pingTimeoutMs + TIMES.graceMs));
  }
}
