import { ConnectionActions } from './actions.ts';
import type { Connection } from './connection.ts';
import type { Dialect, Heard, Refusal, Reply } from './dialects/dialect.ts';
import { notAsDescribed, PorchlightError, publicError } from './errors.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { depthOf } from './json-depth.ts';
import { isBehind } from './transports/link.ts';

export interface DispatcherOptions extends GatewayOptions {
  /** Something failed that is nobody's refusal. */
  onError(error: unknown, event: string): void;
}

/** What a client said. */
interface Spoken {
  readonly event: string;
  readonly payload: unknown;
  /** Where the client wants an answer of its own; called once, unless the connection closes before. */
  readonly acknowledge: ((answer: unknown) => void) | undefined;
}

/** Brings messages of clients to the dialects that understand them, in order, and their answers or refusals back. */
export class Dispatcher {
  readonly #gateway: Gateway;
  readonly #options: DispatcherOptions;

  constructor(gateway: Gateway, options: DispatcherOptions) {
    this.#gateway = gateway;
    this.#options = options;
  }

  /**
   * Takes one message of a client. Messages of a connection are answered in order. Never throws: what goes wrong becomes the dialect's own
   * refusal. `acknowledge`, if given, is called once, unless the connection closes before. What could not even be read comes as a
   * `PorchlightError` in place of its payload.
   */
  message(connection: Connection, event: string, payload: unknown, acknowledge?: (answer: unknown) => void): void {
    if (connection.closed) return;
    if (this.#isChoked(connection)) return this.#gateway.close(connection, 4008);
    const spoken: Spoken = { event, payload, acknowledge };
    const { answering } = connection;
    const chained = answering === undefined ? this.#answer(connection, spoken) : this.#queue(connection, answering, spoken);
    if (chained === undefined) return;
    connection.answering = chained;
    void chained.then(() => {
      if (connection.answering !== chained) return;
      connection.answering = undefined;
      this.#options.fanout.drained(connection);
    });
  }

  // Rates are counted when a message is answered; until then, behind a slow store, no more may pile up than may be sent at once.
  #queue(connection: Connection, answering: Promise<void>, spoken: Spoken): Promise<void> | undefined {
    if (connection.queued >= this.#options.options.messagesBurstMax) {
      const error = new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs: 1_000 });
      this.#refuse(connection, connection.dialects[0] as Dialect, spoken, error);
      return undefined;
    }
    connection.queued += 1;
    return answering.then(() => {
      connection.queued -= 1;
      return this.#answer(connection, spoken);
    });
  }

  // Changes wait for a slow reader as state; answers would pile up as bytes, for as long as it goes on asking.
  #isChoked({ link }: Connection): boolean {
    return link !== null && isBehind(link, this.#options.options.sendBufferBytesMax);
  }

  #answer(connection: Connection, spoken: Spoken): Promise<void> | undefined {
    if (connection.closed) return undefined;
    const heard = this.#find(connection, spoken.event);
    const dialect = heard?.dialect ?? (connection.dialects[0] as Dialect);
    this.#options.counting.heard(dialect);
    try {
      const reply = this.#do(connection, dialect, heard?.heard, spoken.payload);
      if (!(reply instanceof Promise)) {
        this.#send(connection, reply, spoken);
        return undefined;
      }
      return reply
        .then((settled) => this.#send(connection, settled, spoken))
        .catch((error) => this.#refuse(connection, dialect, spoken, error));
    } catch (error) {
      this.#refuse(connection, dialect, spoken, error);
      return undefined;
    }
  }

  // A word that only one of the dialects knows says which one it is.
  #find(connection: Connection, event: string): { dialect: Dialect; heard: Heard<never> } | undefined {
    const { dialects } = connection;
    const knowing = dialects.length === 1 ? dialects : dialects.filter((dialect) => Object.hasOwn(dialect.hears, event));
    const dialect = knowing[0];
    if (dialect === undefined || !Object.hasOwn(dialect.hears, event)) return undefined;
    if (knowing.length === 1 && dialects.length > 1) this.#gateway.pin(connection, dialect);
    return { dialect, heard: dialect.hears[event] as Heard<never> };
  }

  #do(connection: Connection, dialect: Dialect, heard: Heard<never> | undefined, payload: unknown): ReturnType<Heard<never>['does']> {
    const waitMs = this.#gateway.admission.message(connection.identity, connection.address);
    if (waitMs > 0) throw new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs: waitMs });
    if (payload instanceof PorchlightError) throw payload;
    if (heard === undefined) throw new PorchlightError('INVALID_PAYLOAD', 'There is no such event.');
    if (depthOf(payload, this.#options.options.jsonDepthMax) > this.#options.options.jsonDepthMax)
      throw new PorchlightError('INVALID_PAYLOAD', 'The payload is nested too deeply.');
    const read = heard.reads.safeParse(payload);
    if (!read.success) throw notAsDescribed(read.error.issues, 'payload');
    return heard.does(read.data, new ConnectionActions(this.#gateway, this.#options, connection, dialect));
  }

  #send(connection: Connection, reply: Reply | undefined, { acknowledge }: Spoken): void {
    if (reply?.says !== undefined) connection.link?.say(reply.says);
    acknowledge?.(reply?.ack ?? reply?.says?.[0]?.[1]);
  }

  #refuse(connection: Connection, dialect: Dialect, spoken: Spoken, error: unknown): void {
    const { event, payload } = spoken;
    const { code, message, retryAfterMs } = publicError(error);
    if (code === 'INTERNAL') this.#options.onError(error, event);
    this.#options.counting.refused(code);
    const refusal: Refusal = {
      code,
      message,
      event: event.slice(0, 64),
      ...requestOf(payload),
      ...(retryAfterMs === undefined ? null : { retryAfterMs }),
      at: this.#options.clock.now(),
    };
    try {
      this.#send(connection, dialect.says.refused(refusal), spoken);
    } catch (failure) {
      // An app's own dialect may have no words even for this.
      this.#options.onError(failure, event);
    }
  }
}

function requestOf(payload: unknown): { request?: string } {
  if (typeof payload !== 'object' || payload === null || !Object.hasOwn(payload, 'request')) return {};
  const { request } = payload as { request: unknown };
  return typeof request === 'string' && request.length <= 64 ? { request } : {};
}
