import type { PresenceRecord, ServerFrame } from '@porchlight/protocol';
import type { OutgoingFrame } from './outgoing-frame.ts';
import { type Failure, PresenceError } from './presence-error.ts';

interface Pending {
  readonly frame: OutgoingFrame;
  readonly resolve: (records: PresenceRecord[]) => void;
  readonly reject: (error: PresenceError) => void;
}

/** Requests that wait for their answer. All of them may be asked twice, so whatever was not answered is asked again when the link is back. */
export class Requests {
  readonly #send: (frame: OutgoingFrame) => void;
  readonly #pending = new Map<string, Pending>();
  #count = 0;

  constructor(send: (frame: OutgoingFrame) => void) {
    this.#send = send;
  }

  /** Resolves with the records of the answer, if it has any; rejects with a PresenceError. `from` makes request ids unique among tabs. */
  ask(from: string, make: (request: string) => OutgoingFrame): Promise<PresenceRecord[]> {
    return new Promise((resolve, reject) => {
      const request = `${from}-${++this.#count}`;
      const frame = make(request);
      this.#pending.set(request, { frame, resolve, reject });
      this.#send(frame);
    });
  }

  again(): void {
    for (const { frame } of this.#pending.values()) this.#send(frame);
  }

  /** Takes in an answer; says whether it was to one of these. */
  settle(frame: Extract<ServerFrame, { type: 'ok' | 'error' | 'presences' }>): boolean {
    const pending = this.#pending.get(frame.request ?? '');
    if (!pending) return false;
    this.#pending.delete(frame.request as string);
    if (frame.type === 'error') pending.reject(new PresenceError(frame));
    else pending.resolve(frame.type === 'presences' ? frame.presences : []);
    return true;
  }

  fail(failure: Failure): void {
    for (const { reject } of this.#pending.values()) reject(new PresenceError(failure));
    this.#pending.clear();
  }
}
