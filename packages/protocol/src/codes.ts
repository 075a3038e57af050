/** What a client should do after an error: ask again later, change what it asks, sign in again, or give up. */
export type Retry = 'later' | 'changed' | 'signed-in' | 'never';

interface ErrorMeaning {
  /** The HTTP status that carries the code. */
  http: number;
  retry: Retry;
  message: string;
}

/** Every error code of every dialect, the native protocol and the HTTP API. */
export const ERROR_CODES = {
  UNAUTHENTICATED: { http: 401, retry: 'signed-in', message: 'Sign in: the token is missing, invalid or has ended.' },
  FORBIDDEN: { http: 403, retry: 'never', message: 'This token may not do that.' },
  INVALID_PAYLOAD: { http: 400, retry: 'changed', message: 'The request does not have the documented form.' },
  TOO_MANY_IDS: { http: 400, retry: 'changed', message: 'Too many ids in one request.' },
  PAYLOAD_TOO_LARGE: { http: 413, retry: 'changed', message: 'The request is too large.' },
  NOT_FOUND: { http: 404, retry: 'never', message: 'There is no such route.' },
  RATE_LIMITED: { http: 429, retry: 'later', message: 'Too many requests; try again after the time given.' },
  UNAVAILABLE: { http: 503, retry: 'later', message: 'The server is starting, stopping or overloaded; try again after the time given.' },
  INTERNAL: { http: 500, retry: 'later', message: 'Something failed in the server; it was logged.' },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof ERROR_CODES;

interface CloseMeaning {
  retry: Retry;
  message: string;
}

/** Every code with which the server closes a native WebSocket. */
export const CLOSE_CODES = {
  1000: { retry: 'never', message: 'The client signed off.' },
  1001: { retry: 'later', message: 'The server is going away.' },
  1009: { retry: 'changed', message: 'A frame was too large.' },
  1012: { retry: 'later', message: 'The server restarts; come back after the time given.' },
  1013: { retry: 'later', message: 'The server is overloaded; come back after the time given.' },
  4400: { retry: 'changed', message: 'The first frame was not a valid hello, or too many came before it was answered.' },
  4401: { retry: 'signed-in', message: 'The token is missing, invalid or has ended.' },
  4403: { retry: 'never', message: 'The token was revoked, the user was signed out, or the origin is not allowed.' },
  4408: { retry: 'later', message: 'No hello came in time, or pings went unanswered.' },
  4409: { retry: 'never', message: 'The session goes on over another link of the same client.' },
  4008: { retry: 'later', message: 'The client read too slowly; it gets a fresh snapshot when it returns.' },
  4429: { retry: 'later', message: 'Too many connections or frames.' },
} as const satisfies Record<number, CloseMeaning>;

export type CloseCode = keyof typeof CLOSE_CODES;
