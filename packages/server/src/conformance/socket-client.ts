import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { Inbox, type Match, type Received, type Surroundings } from './inbox.ts';

export const TRANSPORTS = ['websocket', 'polling'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** An event that no dialect knows: it is refused whoever sends it, is no activity, and shows no dialect. */
const NOTHING = 'no-such-event';

/** A real Socket.IO client that keeps what it hears; `#connect`, `#connect_error` and `#disconnect` are the library's own events. */
export class SocketClient {
  readonly socket: Socket;
  readonly inbox: Inbox;
  readonly #surroundings: Surroundings;

  constructor(url: string, surroundings: Surroundings, options: ClientOptions) {
    this.#surroundings = surroundings;
    this.inbox = new Inbox(`the client of ${url}`, surroundings.clock);
    this.socket = io(url, { forceNew: true, reconnection: false, ...options });
    this.socket.onAny((event: string, payload: unknown) => this.inbox.put(event, payload));
    this.socket.on('connect', () => this.inbox.put('#connect', null));
    this.socket.on('connect_error', (error: Error & { data?: unknown }) =>
      this.inbox.put('#connect_error', error.data ?? { message: error.message }),
    );
    this.socket.on('disconnect', (reason) => this.inbox.put('#disconnect', { reason }));
  }

  next<Payload = Record<string, unknown>>(event: string, match?: Match): Promise<Payload> {
    return this.inbox.next<Payload>(event, match);
  }

  emit(event: string, ...payload: unknown[]): void {
    this.socket.emit(event, ...payload);
  }

  /** Emits, and resolves with the acknowledgement. */
  async ask<Answer = Record<string, unknown>>(event: string, ...payload: unknown[]): Promise<Answer> {
    const answers: { answer: Answer }[] = [];
    this.socket.emit(event, ...payload, (answer: Answer) => {
      answers.push({ answer });
      this.inbox.put('#ack', null);
    });
    const { answer } = await this.inbox.until(
      () => answers[0],
      () => `the acknowledgement of ${event}`,
    );
    this.inbox.take('#ack');
    return answer;
  }

  /** Resolves when the server has taken this client in and answered everything sent so far. Time does not move for it. */
  async settled(): Promise<void> {
    await this.ask(NOTHING);
    const isOwn = ({ payload }: Received) => (payload as { message?: string } | null)?.message === 'There is no such event.';
    for (const each of this.inbox.take('error', 'exception')) if (!isOwn(each)) this.inbox.put(each.event, each.payload);
  }

  /**
   * What was said to this client and not looked at, of these events or all. What waits to be bundled is included: time moves until the
   * server owes nobody anything, and an answer that comes after that proves that nothing said before is still under way.
   */
  async heard(...events: string[]): Promise<Received[]> {
    await this.settled();
    await this.inbox.paid(this.#surroundings);
    await this.settled();
    return this.inbox.take(...events);
  }

  /** Says goodbye. */
  leave(): void {
    this.socket.disconnect();
  }
}
