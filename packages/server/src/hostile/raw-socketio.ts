import { once } from 'node:events';
import { WebSocket } from 'ws';

type Packet = readonly [event: string, payload: unknown];

/** A Socket.IO client that sends exactly the text it is told to, over one WebSocket. */
export class RawSocketIo {
  readonly ws: WebSocket;
  readonly #prefix: string;
  /** Every packet that came and nobody took, without Engine.IO's own. */
  readonly packets: string[] = [];
  /** Every packet that came, taken or not. */
  readonly log: string[] = [];
  readonly closed: Promise<number>;
  readonly #looking = new Set<() => void>();
  #acks = 0;

  constructor(url: string, namespace: string, headers: Readonly<Record<string, string>> = {}) {
    this.#prefix = namespace === '/' ? '' : `${namespace},`;
    this.ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { headers });
    this.ws.on('error', () => {});
    this.closed = new Promise((resolve) => this.ws.on('close', (code) => resolve(code)));
    this.ws.on('message', (data) => {
      const text = String(data);
      if (text === '2') return this.ws.send('3');
      this.packets.push(text);
      this.log.push(text);
      for (const look of this.#looking) look();
    });
  }

  /** Connects to the namespace; resolves with the server's answer: `40…` or `44…`. */
  async connect(auth: string): Promise<string> {
    await once(this.ws, 'open');
    await this.#take((packet) => packet.startsWith('0'));
    this.ws.send(`40${this.#prefix}${auth}`);
    return this.#take((packet) => packet.startsWith(`40${this.#prefix}`) || packet.startsWith(`44${this.#prefix}`));
  }

  /** Sends an event, its name and payload as JSON text, and resolves with what its acknowledgement carries and what was emitted before it. */
  async ask(event: string, payload?: string): Promise<{ ack: unknown; events: Packet[] }> {
    const number = this.#acks++;
    this.ws.send(`42${this.#prefix}${number}[${event}${payload === undefined ? '' : `,${payload}`}]`);
    const ack = `43${this.#prefix}${number}[`;
    const packet = await this.#take((each) => each.startsWith(ack));
    const events = this.packets.splice(0).flatMap((each) => this.#event(each));
    return { ack: JSON.parse(packet.slice(ack.length - 1))[0], events };
  }

  #event(packet: string): Packet[] {
    const start = `42${this.#prefix}[`;
    return packet.startsWith(start) ? [JSON.parse(packet.slice(start.length - 1))] : [];
  }

  #take(wanted: (packet: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const index = this.packets.findIndex(wanted);
        if (index === -1) return;
        this.#looking.delete(look);
        resolve(this.packets.splice(index, 1)[0] as string);
      };
      this.#looking.add(look);
      void this.closed.then((code) => reject(new Error(`closed with ${code}`)));
      look();
    });
  }

  cut(): void {
    this.ws.terminate();
  }
}
