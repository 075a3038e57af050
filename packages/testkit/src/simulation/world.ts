import type { EngineEvent } from '@porchlight/engine';
import { createMemoryDisk, createMemoryStore, createSoloCluster, type Message } from '@porchlight/server';
import { createRandom } from '../random.ts';
import { earliestMs, latestMs, TIMES } from './bounds.ts';
import { Checks } from './checks.ts';
import { Counters } from './counters.ts';
import { compareStored, crashSession } from './durability.ts';
import { createFaultyStore } from './faulty-store.ts';
import { LeaseClient } from './lease-client.ts';
import { Observer } from './observer.ts';
import { CLUSTER_FAULT_NAMES, FAULT_NAMES, type Script } from './script.ts';
import { SimulatedClient } from './simulated-client.ts';
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

  constructor(script: Script) {
    this.script = script;
    const now = () => this.time.now();
    this.checks = new Checks(now);
    this.#observer = new Observer(this.checks, this.users, now);
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
    const process = new SimulatedProcess(`n${index}-${place.lives}`, this.time, {
      store: (machine) => createFaultyStore(createMemoryStore(this.#disk), machine, this.trouble.now, this.faults),
      cluster: () => createSoloCluster(),
    });
    place.process = process;
    try {
      await process.start();
      await this.#checkDurability(process);
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
    const crashedAt = process.machine.clock.now();
    process.kill();
    this.#driftMs = Math.max(this.#driftMs, Math.abs(crashedAt - this.time.now()));
    for (const user of this.users.values()) this.#crashUser(user, process, crashedAt);
    for (const socket of [...this.#sockets]) {
      if (socket.process !== process) continue;
      this.#sockets.delete(socket);
      socket.died();
    }
  }

  #crashUser(user: UserTruth, process: SimulatedProcess, crashedAt: number): void {
    const now = this.time.now();
    const storedUntil = this.trouble.storedUntil(process.machine.ranUntil);
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
      // The node's beat vouches for every connection that the node had, or is not known not to have had, until it died.
      // So does it for one that was hidden.
      if (session.kind === 'link' && session.endBy > now) user.prove(crashedAt, false);
    }
    user.loseFresh(crashedAt - (now - storedUntil));
    this.#observer.forgetUnsafe(user);
  }

  /** A process has started on the disk: what was acknowledged must be there, and what was not may be. */
  async #checkDurability(process: SimulatedProcess): Promise<void> {
    const now = this.time.now();
    const atStart = new Map([...this.users.values()].map((user) => [user, user.settings.changedAt]));
    for (const user of this.users.values()) {
      const [stored] = await process.node.parts.store.load(user.tenant, [user.id]).catch(() => []);
      const resident = process.node.service.find(user.tenant, user.id);
      // While the store was slow something else may have been set.
      const isSame = atStart.get(user) === user.settings.changedAt;
      if (stored !== undefined && isSame)
        compareStored(this.checks, user, resident === undefined ? stored : { ...stored, seenAt: resident.seenAt }, this.time.now());
      for (const session of user.sessions) {
        if (session.process === process || session.live) continue;
        // Of a lease that ran out while no process ran, the next one says what it says of connections.
        if (session.kind === 'lease') {
          if (session.endBy > now - 60_000) session.endBy = Math.max(session.endBy, now + latestMs(TIMES.graceMs));
          continue;
        }
        if (session.notBefore === Number.POSITIVE_INFINITY) session.notBefore = now + earliestMs(TIMES.graceMs);
        if (session.endBy === Number.POSITIVE_INFINITY) session.endBy = now + latestMs(TIMES.graceMs);
      }
    }
  }

  /** Changes what a user has set, through the service of one node, as the app's back end does. */
  change(user: UserTruth, process: SimulatedProcess, event: EngineEvent, apply: () => void): void {
    const { settings } = user;
    process.machine.enter(() => {
      if (!process.started) return;
      const { service } = process.node;
      const change = async () => {
        await service.load(user.tenant, [user.id]);
        settings.certain = false;
        settings.pending += 1;
        settings.changedAt = this.time.now();
        apply();
        await service.stepDurably(event);
      };
      change().then(
        () => this.#acknowledged(user, process),
        () => this.#acknowledgeLater(user, process),
      );
    });
  }

  #acknowledged(user: UserTruth, process: SimulatedProcess): void {
    const { settings } = user;
    if (process.machine.dead || settings.pending === 0) return;
    settings.pending -= 1;
    if (settings.pending === 0) settings.certain = true;
    settings.changedAt = this.time.now();
  }

  // What the store refused is tried again until it is taken.
  #acknowledgeLater(user: UserTruth, process: SimulatedProcess): void {
    process.machine.after(2_000, () => {
      process.node.service.flushed().then(
        () => this.#acknowledged(user, process),
        () => this.#acknowledgeLater(user, process),
      );
    });
  }

  /** The process at a place, if it can be reached. */
  processAt(place: number): SimulatedProcess | undefined {
    const process = this.places[place % this.places.length]?.process;
    return process?.started === true ? process : undefined;
  }

  addSession(user: UserTruth, session: SessionTruth): SessionTruth {
    user.prune(this.time.now());
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

  /** Nothing of the user's presence may be recorded from now on, or may be again. */
  optOut(user: UserTruth, optedOut: boolean): void {
    user.settings.optedOut = optedOut;
    if (optedOut) return user.forget();
    for (const place of this.places)
      if (place.process !== undefined && [...user.sessions].some(({ process }) => process === place.process))
        user.prove(place.process.machine.clock.now(), false);
  }

  /** Ends a pause: whatever was to be noticed meanwhile is noticed only now. */
  thaw(process: SimulatedProcess): void {
    if (!process.machine.frozen) return;
    const now = this.time.now();
    this.trouble.mark(process.machine.ranUntil, now);
    process.machine.thaw();
    for (const user of this.users.values())
      for (const session of user.sessions)
        if (session.process === process && !session.live && session.endBy !== 0 && session.kind === 'link')
          session.endBy = Math.max(session.endBy, now + latestMs(TIMES.pingIntervalMs + TIMES.pingTimeoutMs + TIMES.graceMs));
  }
}
