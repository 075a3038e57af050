import { type Dialect, signToken } from '@porchlight/server';
import type { Random } from '../random.ts';
import { JWT_SECRET, SIMULATED_DIALECTS, SIMULATED_OPTIONS, type SimulatedProcess } from './simulated-process.ts';
import { SimulatedSocket } from './simulated-socket.ts';
import type { Surroundings } from './surroundings.ts';
import type { UserTruth } from './truth.ts';
import { CLIENT_WORDS, type ClientWords } from './words.ts';

const DAY_MS = 86_400_000;
/** Whom every client asks about and watches: all users, and two ids that nobody has. */
export const EVERYONE: readonly string[] = ['1', '2', '3', '4', '5', '6', '7', '8', 'nobody'];

/** What a token of a user is, made by an issuer whose clock goes with the server's. */
export function tokenFor(user: UserTruth, process: SimulatedProcess, lifetimeMs = DAY_MS): string {
  return signToken(
    { user: user.id, tenant: user.tenant, profile: { name: `User ${user.id}` }, lifetimeMs },
    { ...SIMULATED_OPTIONS, jwtSecret: JWT_SECRET, clock: process.machine.clock },
  );
}

/** One device of one user that keeps a connection, in one dialect. */
export class SimulatedClient {
  readonly user: UserTruth;
  readonly device: string;
  readonly words: ClientWords;
  readonly dialect: Dialect;
  socket: SimulatedSocket | undefined;
  /** Every socket it ever had may still be closing. */
  previous: SimulatedSocket | undefined;
  /** On which node it is, or will be next. */
  place: number;
  readonly #world: Surroundings;
  readonly #random: Random;
  readonly #processAt: (place: number) => SimulatedProcess | undefined;
  #tokenLifetimeMs = DAY_MS;
  #wanted = false;

  constructor(
    world: Surroundings,
    parts: { user: UserTruth; name: string; dialect: string; place: number; random: Random },
    processAt: (place: number) => SimulatedProcess | undefined,
  ) {
    this.#world = world;
    this.user = parts.user;
    this.device = `${parts.dialect} ${parts.name}`;
    this.words = CLIENT_WORDS[parts.dialect] as ClientWords;
    this.dialect = SIMULATED_DIALECTS.find(({ name }) => name === parts.dialect) as Dialect;
    this.place = parts.place;
    this.#random = parts.random;
    this.#processAt = processAt;
  }

  get connected(): boolean {
    return this.socket?.held === true && this.socket.acknowledged;
  }

  /** Connects, unless it is connected or cannot be. */
  connect(): void {
    this.#wanted = true;
    if (this.socket?.held === true) return;
    const process = this.#processAt(this.place);
    if (process === undefined || process.machine.dead || !process.started) return this.#retryLater();
    this.previous = this.socket ?? this.previous;
    const socket = new SimulatedSocket({
      world: this.#world,
      process,
      user: this.user,
      dialects: [this.dialect],
      token: tokenFor(this.user, process, this.#tokenLifetimeMs),
      device: this.device,
      connected: () => {
        const watch = this.words.watch(EVERYONE);
        if (watch !== null) socket.send(watch);
      },
      gone: () => this.#retryLater(),
    });
    this.#tokenLifetimeMs = DAY_MS;
    this.socket = socket;
    socket.open();
  }

  /** Leaves in good order. */
  leave(): void {
    this.#wanted = false;
    this.#part((socket) => socket.leave());
  }

  /** Loses its connection, in some way, and most often comes back. */
  lose(how: 'cut' | 'vanish' | 'closing', comesBack: boolean): void {
    this.#wanted = comesBack;
    this.#part((socket) => {
      if (how === 'closing') socket.closing();
      if (how === 'vanish') socket.vanish();
      else socket.cut();
    });
    if (comesBack) this.#retryLater();
  }

  /** The next token it gets ends soon. */
  endTokenAfter(ms: number): void {
    this.#tokenLifetimeMs = ms;
  }

  #part(how: (socket: SimulatedSocket) => void): void {
    const { socket } = this;
    if (socket === undefined || !socket.held) return;
    how(socket);
  }

  // As in the field: most are back within the grace, some long after it.
  #retryLater(): void {
    if (!this.#wanted) return;
    const isSoon = this.#random.chance(0.75);
    const delayMs = isSoon ? 50 + this.#random.below(8_000) : 8_000 + this.#random.below(30_000);
    this.#world.time.after(delayMs, () => {
      if (this.#wanted) this.connect();
    });
  }
}
