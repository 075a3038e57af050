import { NATIVE_PATH, type PresenceRecord, SUBPROTOCOL } from '@porchlight/protocol';
import { WebSocket } from 'ws';
import { Inbox, type Match, type Surroundings } from './inbox.ts';

/** A plain WebSocket that speaks the native protocol and keeps what it hears; each changed record counts as one `presence`. */
export class NativeClient {
  readonly inbox: Inbox;
  readonly #ws: WebSocket;
  readonly #surroundings: Surroundings | undefined;
  #requests = 0;

  constructor(url: string, hello: Readonly<Record<string, unknown>>, surroundings?: Surroundings) {
    this.#surroundings = surroundings;
    this.inbox = new Inbox('the native client', surroundings?.clock);
    this.#ws = new WebSocket(url.replace(/^http/, 'ws') + NATIVE_PATH, SUBPROTOCOL);
    this.#ws.on('open', () => this.send({ type: 'hello', ...hello }));
    this.#ws.on('message', (data) => this.#receive(JSON.parse(String(data))));
    this.#ws.on('close', (code) => this.inbox.put('#close', { code }));
    this.#ws.on('error', () => {});
  }

  #receive(frame: { type: string; presences?: PresenceRecord[] }): void {
    if (frame.type !== 'changes') return this.inbox.put(frame.type, frame);
    for (const record of frame.presences ?? []) this.inbox.put('presence', record);
  }

  send(frame: Readonly<Record<string, unknown>>): void {
    this.#ws.send(JSON.stringify(frame));
  }

  next<Payload = Record<string, unknown>>(type: string, match?: Match): Promise<Payload> {
    return this.inbox.next<Payload>(type, match);
  }

  /** The records of these users, asked for now. */
  async get(...ids: string[]): Promise<PresenceRecord[]> {
    this.#requests += 1;
    const request = `get ${this.#requests}`;
    this.send({ type: 'get', request, ids });
    return (await this.next<{ presences: PresenceRecord[] }>('presences', { request })).presences;
  }

  async watch(...ids: string[]): Promise<void> {
    this.send({ type: 'watch', set: ids });
    await this.next('snapshot', { end: true });
  }

  /** What was said and not looked at, as with `SocketClient.heard`. */
  async heard(...types: string[]) {
    await this.get();
    if (this.#surroundings !== undefined) await this.inbox.paid(this.#surroundings);
    await this.get();
    return this.inbox.take(...types);
  }

  leave(): void {
    this.send({ type: 'leave' });
  }

  /** Ends the TCP connection without a goodbye. */
  cut(): void {
    this.#ws.terminate();
  }
}
