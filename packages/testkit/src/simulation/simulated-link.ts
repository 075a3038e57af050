import type { CloseCode } from '@porchlight/protocol';
import type { Fragment, Link, Message } from '@porchlight/server';

interface LinkEvents {
  /** The server said something; it may still take its time to arrive. */
  said(message: Message): void;
  /** The server closed for its own reasons; called once. */
  closed(code: CloseCode): void;
  /** Bytes were handed over, of a change or of something else; `bufferedBytes` were waiting before. */
  wrote(bytes: number, bufferedBytes: number, isChange: boolean): void;
}

/** A wire without bytes on it: what the server says is text, and waits while nobody reads. */
export class SimulatedLink implements Link {
  readonly transport = 'simulated';
  readonly encoding = 'simulated';
  readonly #events: LinkEvents;
  #bufferedBytes = 0;
  #reading = true;
  #closed = false;

  constructor(events: LinkEvents) {
    this.#events = events;
  }

  bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  say(messages: readonly Message[]): void {
    for (const message of messages) this.#write(JSON.stringify(message), false);
  }

  encode(message: Message): Fragment {
    return JSON.stringify(message);
  }

  tell(fragments: readonly Fragment[]): void {
    for (const fragment of fragments) this.#write(String(fragment), true);
  }

  close(code: CloseCode): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.closed(code);
  }

  /** The client reads, or does not. */
  setReading(reading: boolean): void {
    this.#reading = reading;
    if (reading) this.#bufferedBytes = 0;
  }

  /** Something large is on its way to the client, as when it asks for long lists without reading the answers. */
  fill(bytes: number): void {
    // Whoever is behind is answered no further questions.
    this.#bufferedBytes = Math.max(this.#bufferedBytes, bytes);
  }

  /** The wire is gone; what is still said goes nowhere. */
  cut(): void {
    this.#closed = true;
  }

  #write(text: string, isChange: boolean): void {
    if (this.#closed) return;
    this.#events.wrote(text.length, this.#bufferedBytes, isChange);
    if (!this.#reading) this.#bufferedBytes += text.length;
    this.#events.said(JSON.parse(text) as Message);
  }
}
