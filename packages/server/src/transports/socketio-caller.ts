import type { Arriving } from '../admission.ts';
import type { Connection } from '../connection.ts';
import type { SocketIoLink } from './socketio-link.ts';

/*
 * What is kept of a client of Socket.IO besides Socket.IO's own. Listeners are functions that all clients share and find their own through
 * these: with functions that hold what they need, a connection cost 1,000 bytes more.
 */

/** One Engine.IO connection, with the namespaces that it has joined. */
export class SocketIoCaller {
  readonly arriving: Arriving;
  #sessions: readonly SocketIoSession[] = [];
  #goodbyes: Set<string> | null = null;

  constructor(arriving: Arriving) {
    this.arriving = arriving;
  }

  get sessions(): readonly SocketIoSession[] {
    return this.#sessions;
  }

  /** It has joined a namespace, and takes back that it left before. */
  join(session: SocketIoSession, goodbye: string): void {
    this.#sessions = [...this.#sessions, session];
    this.#goodbyes?.delete(goodbye);
  }

  leave(session: SocketIoSession): void {
    this.#sessions = this.#sessions.filter((each) => each !== session);
  }

  /** It sent the goodbye of a namespace, which Socket.IO may yet take for a loss. */
  sayGoodbye(goodbye: string): void {
    this.#goodbyes ??= new Set();
    this.#goodbyes.add(goodbye);
  }

  hasSaid(goodbye: string): boolean {
    return this.#goodbyes?.has(goodbye) === true;
  }
}

/** One Socket.IO socket from its welcome on. */
export class SocketIoSession {
  readonly link: SocketIoLink;
  /** Null until it is connected, and when it was refused. */
  connection: Connection | null = null;
  /** Messages that came before that. */
  early = 0;
  #connecting: Promise<Connection | undefined> | null;

  /** `connecting` resolves with undefined where it was refused. */
  constructor(link: SocketIoLink, connecting: Promise<Connection | undefined>) {
    this.link = link;
    this.#connecting = connecting.then((connection) => {
      this.connection = connection ?? null;
      this.#connecting = null;
      return connection;
    });
  }

  /** Runs now, or in this order once it is connected; never where it is refused. */
  whenConnected(run: (connection: Connection) => void): void {
    if (this.connection !== null) return run(this.connection);
    void this.#connecting?.then((connection) => connection && run(connection));
  }

  /** It is connected, or was refused. */
  async settled(): Promise<void> {
    await this.#connecting;
  }
}
