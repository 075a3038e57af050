import { ERROR_CODES, type ErrorCode } from '@porchlight/protocol';

interface ErrorDetails {
  /** How long to wait before asking again, where that helps. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** A refusal that its caller may be told of: the code is stable, the message says what to do and never holds a secret. */
export class PorchlightError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string = ERROR_CODES[code].message, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'PorchlightError';
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** What may be said of any error to the outside: our own as they are, everything else as INTERNAL without its text. */
export function publicError(error: unknown): PorchlightError {
  return error instanceof PorchlightError ? error : new PorchlightError('INTERNAL', undefined, { cause: error });
}
