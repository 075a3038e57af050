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

/**
 * The refusal of what a schema did not take: which field, as `ids[0]`, and what was expected. Of fields only our own are named, since the
 * path of an issue consists of names from the schema.
 */
export function notAsDescribed(issues: readonly { path: PropertyKey[]; message: string }[], whole = ''): PorchlightError {
  const [issue] = issues;
  if (issue === undefined) return new PorchlightError('INVALID_PAYLOAD', 'The payload does not have the documented form.');
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const field = path === '' ? whole : path.replace(/^\./, '');
  return new PorchlightError('INVALID_PAYLOAD', `${field === '' ? '' : `${field}: `}${issue.message}`.slice(0, 200));
}
