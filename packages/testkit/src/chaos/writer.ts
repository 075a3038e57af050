import type { Clock } from '@porchlight/server';
import type { Random } from '../random.ts';
import { connectNative, type RawClient } from '../raw-client.ts';
import type { ServerProcess } from '../real-server.ts';
import { Ledger } from './ledger.ts';

/** Somebody who writes without end, and keeps a log of what was acknowledged. Survives any number of servers. */
export class Writer {
  readonly user: string;
  /** The words beside the status, by WebSocket and by HTTP. */
  readonly text = new Ledger<string | null>(null);
  readonly contacts = new Map<string, Ledger<boolean>>();
  /** When the latest sign of life was sent of which an answer came; 0 for none. */
  heardAt = 0;
  /** Writes of which the answer said that they are stored. */
  acknowledged = 0;
  refused = 0;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #others: readonly string[];
  #client: RawClient | undefined;
  #server: ServerProcess | undefined;
  readonly #waiting = new Map<string, (isDone: boolean) => void>();
  #count = 0;

  constructor(user: string, others: readonly string[], random: Random, clock: Clock) {
    this.user = user;
    this.#others = others;
    this.#random = random;
    this.#clock = clock;
  }

  async connect(server: ServerProcess): Promise<void> {
    this.#server = server;
    this.#client = await connectNative(
      server.port,
      { token: server.token(this.user) },
      { text: (text) => this.#hear(text), closed: () => this.#fail() },
    );
  }

  /** Writes one thing, in one of the ways, and waits for the answer; false once the server is gone. */
  async write(): Promise<boolean> {
    const sentAt = this.#clock.now();
    const answered = await this.#random.pick([() => this.#status(), () => this.#patch(), () => this.#contact(), () => this.#heartbeat()])();
    if (answered === 'gone') return false;
    if (answered === 'refused') this.refused += 1;
    else {
      if (answered === 'done') this.acknowledged += 1;
      this.heardAt = sentAt;
    }
    return true;
  }

  leave(): void {
    this.#client?.socket.destroy();
  }

  #nextText(): string {
    this.#count += 1;
    return `${this.user} ${this.#count} ${'-'.repeat(this.#random.below(80))}`;
  }

  async #status(): Promise<Answer> {
    const text = this.#nextText();
    const done = this.text.ask(text);
    const request = String(this.#count);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#client?.isOpen !== true) return 'gone';
    this.#waiting.set(request, resolve);
    this.#client.sendText(JSON.stringify({ type: 'status', request, availability: 'auto', text }));
    const isDone = await promise;
    if (!isDone) return this.#client.isOpen ? 'refused' : 'gone';
    done();
    return 'done';
  }

  async #patch(): Promise<Answer> {
    const text = this.#nextText();
    return this.#http('PATCH', '/v1/me', { text }, this.text.ask(text));
  }

  async #contact(): Promise<Answer> {
    const other = this.#random.pick(this.#others);
    const ledger = this.contacts.get(other) ?? new Ledger(false);
    this.contacts.set(other, ledger);
    const isWanted = this.#random.chance(0.6);
    return this.#http(isWanted ? 'PUT' : 'DELETE', `/v1/me/contacts/${other}`, undefined, ledger.ask(isWanted));
  }

  // Answered when it is heard, not when it is stored.
  async #heartbeat(): Promise<Answer> {
    const answer = await this.#http('POST', '/api/update-online-status', { screen: 'Home' }, () => {});
    return answer === 'done' ? 'heard' : answer;
  }

  async #http(method: string, path: string, body: unknown, done: () => void): Promise<Answer> {
    const server = this.#server;
    if (server === undefined) return 'gone';
    const headers = { authorization: `Bearer ${server.token(this.user)}`, 'content-type': 'application/json' };
    try {
      const answer = await fetch(`${server.url}${path}`, {
        method,
        headers,
        ...(body === undefined ? null : { body: JSON.stringify(body) }),
      });
      await answer.text();
      if (!answer.ok) return 'refused';
      done();
      return 'done';
    } catch {
      return 'gone';
    }
  }

  #hear(text: string): void {
    const { type, request } = JSON.parse(text) as { type: string; request?: string };
    if (request === undefined || (type !== 'ok' && type !== 'error')) return;
    this.#waiting.get(request)?.(type === 'ok');
    this.#waiting.delete(request);
  }

  #fail(): void {
    for (const resolve of this.#waiting.values()) resolve(false);
    this.#waiting.clear();
  }
}

type Answer = 'done' | 'heard' | 'refused' | 'gone';

/** How many writes of all of them were answered so. */
export function writesOf(writers: readonly Writer[], answer: 'acknowledged' | 'refused'): number {
  return writers.reduce((sum, writer) => sum + writer[answer], 0);
}
