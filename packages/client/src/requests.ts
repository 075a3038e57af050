import type { PresenceRecord, ServerFrame } from '@porchlight/protocol';
import type { OutgoingFrame } from './outgoing-frame.ts';
import { type Failure, PresenceError } from './presence-error.ts';

interface Pending {
  readonly frame: OutgoingFrame;
  readonly resolve: (records: PresenceRecord[]) => void;
  readonly reject: (error: PresenceError) => void;
}

/** Requests that wait for their answer. All of them may be asked twice, so whatever was not answered is asked again when the link is back. */
export interface Requests {
  /** Resolves with the records of the answer, if it has any; rejects with a PresenceError. */
  ask(make: (request: string) => OutgoingFrame): Promise<PresenceRecord[]>;
  again(): void;
  /** Takes in an answer; says whether it was to one of these. */
  settle(frame: Extract<ServerFrame, { type: 'ok' | 'error' | 'presences' }>): boolean;
  fail(failure: Failure): void;
}

/** `from` makes request ids unique among tabs. */
export function createRequests(from: string, send: (frame: OutgoingFrame) => void): Requests {
  const pending = new Map<string | undefined, Pending>();
  let count = 0;
  return {
    ask: (make) =>
      new Promise((resolve, reject) => {
        const request = `${from}-${++count}`;
        const frame = make(request);
        pending.set(request, { frame, resolve, reject });
        send(frame);
      }),
    again() {
      for (const { frame } of pending.values()) send(frame);
    },
    settle(frame) {
      const asked = pending.get(frame.request);
      pending.delete(frame.request);
      if (frame.type === 'error') asked?.reject(new PresenceError(frame));
      else asked?.resolve(frame.type === 'presences' ? frame.presences : []);
      return !!asked;
    },
    fail(failure) {
      for (const { reject } of pending.values()) reject(new PresenceError(failure));
      pending.clear();
    },
  };
}
