/** Why a store refused, and whether the same call may succeed later without anybody doing anything. */
export const STORE_ERRORS = {
  /** Another process has the data open. */
  locked: { passes: true },
  /** The data cannot be read as what they should be. */
  damaged: { passes: false },
  /** The place of the data cannot be opened or written. */
  unwritable: { passes: false },
  /** The data were written by a newer Porchlight. */
  newer: { passes: false },
  /** The data belong to another program. */
  foreign: { passes: false },
  /** No room is left. */
  full: { passes: true },
  /** Called before `open` or after `close`, or after the store failed. */
  closed: { passes: false },
  /** Anything else; the cause says what. */
  failed: { passes: false },
} as const satisfies Record<string, { passes: boolean }>;

export type StoreErrorCode = keyof typeof STORE_ERRORS;

/**
 * For the operator: the message names the file and says what to do about it. Not a PorchlightError, because those are shown to clients as
 * they are, and paths are none of a client's business.
 */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}
