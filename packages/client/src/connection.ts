import { type CLOSE_CODES, type CloseCode, type ServerFrame, SUBPROTOCOL } from '@porchlight/protocol';
import type { Clock } from './clock.ts';
import type { Environment, Socket } from './environment.ts';
import type { OutgoingFrame } from './outgoing-frame.ts';
import type { Failure } from './presence-error.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { ServerTime } from './server-time.ts';
import type { TokenSource } from './token.ts';

/*
 * One connection to the server, as a machine of four states:
 *
 *   connecting  A token is being fetched, then a socket opened and `hello` said. `welcome` makes it open; anything else, or 10 s, lost.
 *   open        Frames pass. After two ping intervals of silence it asks for something; 5 s without an answer and it is lost. So it is
 *               after a gap in `seq`. The token is renewed before it ends.
 *   waiting     Lost, but worth another try: an alarm is set, by the server's word or by doubling. The alarm, or the network coming back,
 *               makes it connecting.
 *   closed      Not begun; or ended by `close`; or the server's code says that another try is in vain. Only `connect` leads out of it.
 *
 * Every leaving of a socket begins another turn; whatever belongs to an earlier one (an event, a token) is dropped.
 */

export type ConnectionState =
  | { readonly name: 'connecting' | 'open' }
  /** `retryAt` is the server's time in epoch milliseconds. */
  | { readonly name: 'waiting'; readonly retryAt: number }
  /** Without `failure` it was ended here. */
  | { readonly name: 'closed'; readonly failure?: Failure };

/** What names a session when it resumes; a secret. */
export interface Resume {
  session: string;
  seq: number;
}

export interface ConnectionParts {
  url: string;
  tokens: TokenSource;
  environment: Environment;
  clock: Clock;
  time: ServerTime;
  watchOnly: boolean | undefined;
  /** A session of a connection before this one. */
  resume: Resume | undefined;
  /** Every frame but duplicates, in order; `welcome` before the state becomes open. */
  onFrame(frame: ServerFrame): void;
  onState(state: ConnectionState): void;
}

const CONNECT_MAX_MS = 10_000;
const ANSWER_MAX_MS = 5_000;
/** Open for this long, and the next loss is the first again. */
const STEADY_MS = 10_000;
/** A token is renewed this long before it ends, or, if it is a short one, when a fifth is left of it. */
const RENEW_BEFORE_MS = 60_000;
const RENEW_AGAIN_MS = 2_000;
/** With which sockets are left. Not 1000, which would be a sign-off. */
const LEFT = 3001;
/** What a WebSocket reports when it broke. */
const BROKEN = 1006;
/** The request of questions that the connection asks for itself. */
const OWN_REQUEST = 'own';

/*
 * The protocol's table of close codes, as far as another try with the same token is in vain. It is repeated because the table's sentences
 * are a twentieth of this client; it does not compile when it differs from the table.
 */
type Table = typeof CLOSE_CODES;
type FinalCode = { [Code in CloseCode]: Table[Code]['retry'] extends 'later' ? never : Code }[CloseCode];
type FinalRetry = Table[FinalCode]['retry'];
const FINAL: Record<number, FinalRetry> = {
  1000: 'never',
  1009: 'changed',
  4400: 'changed',
  4401: 'signed-in',
  4403: 'never',
  4409: 'never',
} satisfies { [Code in FinalCode]: Table[Code]['retry'] };

export class Connection {
  readonly #parts: ConnectionParts;
  #state: ConnectionState = { name: 'closed' };
  #turn = 0;
  #socket: Socket | undefined;
  #resume: Resume | undefined;
  #user = '';
  #quietMs = 0;
  #heardAt = 0;
  #failures = 0;
  #openedAt = Number.POSITIVE_INFINITY;
  /** The wait was asked for by the server: nothing here shortens it. */
  #patient = false;
  #bye: Extract<ServerFrame, { type: 'bye' }> | undefined;
  #cancelAlarm = () => {};
  #cancelRenewal = () => {};

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#resume = parts.resume && { session: parts.resume.session, seq: parts.resume.seq };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  async connect(): Promise<void> {
    const { tokens, time } = this.#parts;
    const turn = this.#leave();
    this.#bye = undefined;
    this.#alarm(CONNECT_MAX_MS, () => this.#lost());
    this.#enter({ name: 'connecting' });
    try {
      const token = await tokens.get(time.now() + ANSWER_MAX_MS);
      if (turn !== this.#turn) return;
      if (token) this.#open(token, turn);
      else this.#fail(4401, 'signed-in');
    } catch {
      if (turn === this.#turn) this.#lost();
    }
  }

  /** Sends if it is open. */
  send(frame: OutgoingFrame): void {
    if (this.#state.name === 'open') this.#write(frame);
  }

  /** The network or the page came back: a wait of our own choosing ends, and an open link has to prove itself. */
  wake(): void {
    if (this.#state.name === 'open') this.#prove();
    else if (this.#state.name === 'waiting' && !this.#patient) void this.connect();
  }

  /** Ends it; `last` is sent first. A link that is left without a word leaves a session that can be resumed. */
  close(last?: OutgoingFrame): void {
    if (last) this.send(last);
    this.#leave();
    if (this.#state.name !== 'closed') this.#enter({ name: 'closed' });
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#parts.onState(state);
  }

  #alarm(ms: number, ring: () => void): void {
    this.#cancelAlarm();
    this.#cancelAlarm = this.#parts.clock.after(ms, ring);
  }

  #write(frame: OutgoingFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  /** Leaves the socket, if there is one, and begins another turn. */
  #leave(): number {
    this.#cancelAlarm();
    this.#cancelRenewal();
    const socket = this.#socket;
    if (socket) {
      this.#socket = undefined;
      // `onerror` stays: for some sockets, being closed while they open is an error, which would be thrown if nobody heard it.
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(LEFT);
    }
    return ++this.#turn;
  }

  #open(token: string, turn: number): void {
    const { environment, url, watchOnly } = this.#parts;
    const { id, description } = environment.device;
    const socket = environment.open(url, SUBPROTOCOL);
    this.#socket = socket;
    socket.onerror = () => {};
    socket.onopen = () => this.#write({ type: 'hello', token, client: description, deviceId: id, resume: this.#resume, watchOnly });
    socket.onmessage = ({ data }) => turn === this.#turn && this.#receive(data, turn);
    socket.onclose = ({ code }) => turn === this.#turn && this.#lost(this.#bye?.code ?? code, this.#bye?.retryAfterMs);
  }

  #receive(data: unknown, turn: number): void {
    try {
      this.#take(JSON.parse(data as string) as ServerFrame, turn);
    } catch {
      // It is no frame of this protocol.
      if (turn === this.#turn) this.#lostTrack();
    }
  }

  #take(frame: ServerFrame, turn: number): void {
    this.#heardAt = this.#parts.clock.now();
    if (!this.#inOrder(frame)) return;
    if (frame.type === 'ping') this.#write({ type: 'pong' });
    else if (frame.type === 'bye') this.#bye = frame;
    else if (frame.type === 'error' && frame.request === OWN_REQUEST) this.#parts.tokens.refuse();
    this.#parts.onFrame(frame);
    // Whoever was told of it may have closed the connection.
    if (frame.type !== 'welcome' || turn !== this.#turn) return;
    this.#user = frame.user;
    this.#openedAt = this.#heardAt;
    this.#listen();
    this.#renewLater();
    this.#enter({ name: 'open' });
  }

  #inOrder(frame: ServerFrame): boolean {
    if (frame.type === 'welcome') {
      this.#quietMs = 2 * frame.thresholds.pingMs;
      this.#resume = { session: frame.session, seq: frame.seq };
      return true;
    }
    if (this.#state.name !== 'open' || !this.#resume) return frame.type === 'bye';
    const { session, seq } = this.#resume;
    if (frame.seq <= seq) return false;
    this.#resume = { session, seq: frame.seq };
    if (frame.seq === seq + 1) return true;
    this.#lostTrack();
    return false;
  }

  /** Something was lost on the way, or made no sense: only a fresh session knows everything again. */
  #lostTrack(): void {
    this.#resume = undefined;
    this.#lost();
  }

  #listen(): void {
    const { clock } = this.#parts;
    const quietForMs = this.#heardAt + this.#quietMs - clock.now();
    if (quietForMs > 0) this.#alarm(quietForMs, () => this.#listen());
    else this.#prove();
  }

  /** Asks for something: any answer proves that the link is alive. */
  #prove(): void {
    const last = this.#resume;
    this.#write({ type: 'get', request: OWN_REQUEST, ids: [this.#user] });
    this.#alarm(ANSWER_MAX_MS, () => {
      if (this.#resume !== last) this.#listen();
      else this.#lost();
    });
  }

  #renewLater(): void {
    const { clock, time, tokens } = this.#parts;
    const endsAt = tokens.expiresAt();
    const leftMs = endsAt - time.now();
    if (leftMs === Number.POSITIVE_INFINITY) return;
    const turn = this.#turn;
    const renew = async () => {
      const token = await tokens.get(endsAt).catch(() => undefined);
      if (turn !== this.#turn) return;
      if (token && tokens.expiresAt() > endsAt) this.#write({ type: 'token', request: OWN_REQUEST, token });
      this.#renewLater();
    };
    this.#cancelRenewal = clock.after(Math.max(RENEW_AGAIN_MS, leftMs - RENEW_BEFORE_MS, leftMs * 0.8), () => void renew());
  }

  #lost(code = BROKEN, retryAfterMs?: number): void {
    const { clock, environment, time, tokens } = this.#parts;
    const retry = FINAL[code];
    if (retry === 'signed-in') tokens.refuse();
    if (retry && !(retry === 'signed-in' && tokens.renewable)) return this.#fail(code, retry);
    this.#leave();
    if (clock.now() - this.#openedAt >= STEADY_MS) this.#failures = 0;
    this.#openedAt = Number.POSITIVE_INFINITY;
    this.#patient = retryAfterMs !== undefined;
    const delayMs = retryDelayMs(this.#failures++, retryAfterMs, environment.random);
    this.#alarm(delayMs, () => void this.connect());
    this.#enter({ name: 'waiting', retryAt: time.now() + delayMs });
  }

  #fail(closeCode: number, retry: FinalRetry): void {
    const code = retry === 'signed-in' ? 'UNAUTHENTICATED' : (`CLOSE_${closeCode}` as const);
    this.#leave();
    this.#resume = undefined;
    this.#enter({ name: 'closed', failure: { code, message: this.#bye?.message ?? `Closed with ${closeCode}.`, retry } });
  }
}
