import type { ErrorCode, Retry } from '@porchlight/protocol';

/** What went wrong, as plain data that may be shown, sent to another tab, or thrown as a `PresenceError`. */
export interface Failure {
  /** A code of the protocol, `CLOSE_` and the number with which the server closed, or `CLOSED` for what this client ended itself. */
  readonly code: ErrorCode | `CLOSE_${number}` | 'CLOSED';
  readonly message: string;
  /** What may help: waiting, changing the request, signing in again, or nothing. */
  readonly retry: Retry;
}

/** What a promise of the client is rejected with. */
export class PresenceError extends Error {
  readonly code: Failure['code'];
  readonly retry: Retry;

  constructor({ code, message, retry }: Failure) {
    super(message);
    this.name = 'PresenceError';
    this.code = code;
    this.retry = retry;
  }
}

/** What becomes of requests that were not answered when this client ended. */
export const ENDED: Failure = { code: 'CLOSED', message: 'The connection was closed.', retry: 'never' };
