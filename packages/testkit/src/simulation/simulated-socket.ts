import type { CloseCode } from '@porchlight/protocol';
import { type Arriving, type Connection, type Dialect, type Identity, type Message, native } from '@porchlight/server';
import { earliestMs, latestMs, TIMES } from './bounds.ts';
import { emptyMemory } from './observer.ts';
import { SimulatedLink } from './simulated-link.ts';
import { SIMULATED_OPTIONS, type SimulatedProcess } from './simulated-process.ts';
import type { Surroundings } from './surroundings.ts';
import type { SessionTruth, UserTruth } from './truth.ts';

interface SocketParts {
  world: Surroundings;
  process: SimulatedProcess;
  user: UserTruth;
  dialects: readonly Dialect[];
  token: string;
  /** The same for the same client. */
  device: string;
  /** Told once, when the client finds itself connected. */
  connected(): void;
  /** Told once, when the client finds its connection gone though it did not leave. */
  gone(): void;
}

/**
 * One client's connection to one process, both ends of it: what a transport does on the server's side, and on the client's side what is
 * true. Neither end knows of the other's state but by what passes between them.
 */
export class SimulatedSocket {
  readonly process: SimulatedProcess;
  readonly link: SimulatedLink;
  readonly session: SessionTruth;
  readonly memory = emptyMemory();
  connection: Connection | undefined;
  /** The client has it, whatever the server thinks. */
  held = true;
  /** Bytes get through. */
  #reachable = true;
  #serverOpen = true;
  #graceMs: number = TIMES.graceMs;
  /** How many messages that show or hide have reached the server: only after the last of them is it certain which holds. */
  #shows = 0;
  readonly #parts: SocketParts;
  #arriving: Arriving | undefined;

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.process = parts.process;
    this.session = parts.world.addSession(parts.user, {
      user: parts.user.id,
      device: parts.device,
      process: parts.process,
      openedAt: parts.world.time.now(),
      kind: 'link',
      live: false,
      shown: 'yes',
      shownAt: 0,
      notBefore: 0,
      endBy: Number.POSITIVE_INFINITY,
      open: true,
    });
    this.link = new SimulatedLink({
      said: (message) => this.#said(message),
      closed: (code) => this.#closedByServer(code),
      wrote: (bytes, bufferedBytes, isChange) => parts.world.wrote(this, bytes, bufferedBytes, isChange),
    });
  }

  get acknowledged(): boolean {
    return this.connection !== undefined;
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  /** What arrives at the server first. */
  open(): void {
    const { process } = this;
    this.#parts.world.track(this);
    process.machine.enter(() => {
      if (!process.started) return this.#refused();
      this.#underWay(
        this.#admit().then(
          (connection) => this.#admitted(connection),
          () => this.#refused(),
        ),
      );
    });
  }

  async #admit(): Promise<Connection> {
    const { process } = this;
    const { dialects, token, device } = this.#parts;
    this.#arriving = process.node.gateway.admission.arrive(`10.0.0.${this.#parts.user.id.length}`);
    const identity = (await process.node.gateway.identify(token)) as Identity;
    this.#arriving.signedIn();
    this.#prove(false);
    return process.node.gateway.connect({
      link: this.link,
      identity,
      dialects,
      address: '10.0.0.1',
      deviceKey: device,
      details: { platform: 'web' },
      answersPing: dialects.includes(native),
    });
  }

  #admitted(connection: Connection): void {
    const { world, user } = this.#parts;
    if (this.process.machine.dead) return;
    this.connection = connection;
    this.session.openedAt = world.time.now();
    this.#prove(true);
    if (!this.#serverOpen || !this.#reachable) return this.#noticed('lost');
    if (this.held) {
      this.session.live = this.session.openedAt > user.signedOutAt + world.weather.skewMs;
      world.replaceForerunners(user, this.session);
      world.time.after(1, () => this.#parts.connected());
    }
    this.#pingLater();
  }

  #refused(): void {
    this.#serverOpen = false;
    this.session.open = false;
    this.#arriving?.depart();
    this.#ended(0);
    this.#clientLost();
  }

  /** The server pings; whoever is there answers. */
  #pingLater(): void {
    const { pingIntervalMs, pingTimeoutMs } = SIMULATED_OPTIONS;
    this.process.machine.after(pingIntervalMs, () => {
      if (this.connection === undefined || this.connection.closed) return;
      if (this.held && this.#reachable) {
        this.#prove(true);
        this.process.node.gateway.alive(this.connection);
        this.#pingLater();
      } else this.process.machine.after(pingTimeoutMs, () => this.#noticed('lost'));
    });
  }

  /** Says something; resolves when the server has done with it, if it ever has. */
  send([event, payload]: Message, answered?: (answer: unknown) => void): void {
    if (!this.held || !this.#reachable) return;
    this.process.machine.enter(() => {
      const { connection } = this;
      if (connection === undefined || connection.closed || !this.process.started) return;
      this.#prove(false);
      this.process.node.dispatcher.message(connection, event, payload, answered);
      this.#underWay(connection.answering?.then(() => this.#prove(false)));
    });
  }

  /** Says something that shows or hides this session. */
  show(message: Message, shown: boolean): void {
    if (!this.held || !this.#reachable || !this.acknowledged) return;
    const { session } = this;
    this.process.machine.enter(() => {
      const { connection } = this;
      if (connection === undefined || connection.closed) return;
      // To say what holds already is no sign of life that has to count.
      const isNew = session.shown !== (shown ? 'yes' : 'no');
      session.shown = 'changing';
      this.#shows += 1;
      const turn = this.#shows;
      this.#parts.world.prove(this.#parts.user, this.process, false);
      this.process.node.dispatcher.message(connection, message[0], message[1]);
      const taken = Promise.resolve(connection.answering).then(() => {
        // It was closed instead of answered, if it did not read.
        if (!connection.closed && turn === this.#shows) session.shown = shown ? 'yes' : 'no';
        session.shownAt = this.#parts.world.time.now();
        this.#parts.world.prove(this.#parts.user, this.process, shown && isNew);
      });
      this.#underWay(taken);
    });
  }

  /** Closes in good order. */
  leave(): void {
    this.#letGo();
    this.session.notBefore = 0;
    this.process.machine.enter(() => this.#noticed('left'));
  }

  /** The network tells both ends, or the client's machine does. */
  cut(): void {
    this.#letGo();
    this.session.notBefore = this.#parts.world.time.now() + earliestMs(this.#graceMs);
    this.process.machine.enter(() => this.#noticed('lost'));
  }

  /** The client is gone and nobody tells the server. */
  vanish(): void {
    const { world } = this.#parts;
    this.#reachable = false;
    this.#letGo();
    this.session.notBefore = world.time.now() + earliestMs(this.#graceMs);
    this.session.endBy = world.time.now() + latestMs(TIMES.pingIntervalMs + TIMES.pingTimeoutMs + TIMES.graceMs);
  }

  /** The page says that it closes: from now on the grace is short, until it is heard again. */
  closing(): void {
    this.#graceMs = TIMES.closingGraceMs;
    this.send(['closing', { type: 'closing' }]);
  }

  /** The transport reports an end again, late or in another form. */
  closeAgain(how: 'lost' | 'left'): void {
    this.process.machine.enter(() => {
      if (this.#serverOpen || this.connection === undefined) return;
      if (how === 'left') this.process.node.gateway.left(this.connection);
      else this.process.node.gateway.lost(this.connection);
    });
  }

  /** Its process died. */
  died(): void {
    this.#serverOpen = false;
    this.link.cut();
    if (!this.held) return;
    this.held = false;
    this.session.live = false;
    this.#parts.gone();
  }

  #letGo(): void {
    this.held = false;
    this.session.live = false;
  }

  #noticed(how: 'lost' | 'left'): void {
    if (!this.#serverOpen && this.connection === undefined) return;
    const wasOpen = this.#serverOpen;
    this.#serverOpen = false;
    if (this.connection === undefined) return;
    this.session.open = false;
    this.#arriving?.depart();
    this.link.cut();
    if (how === 'left') {
      if (wasOpen) this.#prove(true);
      this.process.node.gateway.left(this.connection);
      this.#ended(0);
    } else {
      this.process.node.gateway.lost(this.connection);
      if (wasOpen || this.session.endBy === Number.POSITIVE_INFINITY) this.#ended(this.#graceMs);
    }
  }

  #closedByServer(code: CloseCode): void {
    this.#serverOpen = false;
    this.session.open = false;
    this.#arriving?.depart();
    this.session.notBefore = 0;
    this.#ended(code === 4403 ? 0 : TIMES.graceMs);
    this.#clientLost();
  }

  #clientLost(): void {
    if (!this.held) return;
    this.#letGo();
    this.#parts.gone();
  }

  #ended(withinMs: number): void {
    this.session.endBy = Math.min(this.session.endBy, this.#parts.world.time.now() + latestMs(withinMs));
  }

  #underWay(work: Promise<void> | undefined): void {
    if (work === undefined) return;
    const { user } = this.#parts;
    const heard = { machine: this.process.machine };
    user.underWay.add(heard);
    void work.finally(() => user.underWay.delete(heard));
  }

  #prove(sure: boolean): void {
    if (this.session.shown === 'no' || this.process.machine.dead) return;
    this.#parts.world.prove(this.#parts.user, this.process, sure && this.session.shown === 'yes');
  }

  #said(message: Message): void {
    if (message[0] === 'ping') this.#parts.world.time.after(1, () => this.send(['pong', { type: 'pong' }]));
    this.#parts.world.heard(this, this.#parts.user, message);
  }
}
