export type StoreErrorCode =
  /** Another process has the data open. */
  | 'locked'
  /** The data cannot be read as what they should be. */
  | 'damaged'
  /** The place of the data cannot be opened or written. */
  | 'unwritable'
  /** The data were written by a newer Porchlight. */
  | 'newer'
  /** The data belong to another program. */
  | 'foreign'
  /** No room is left; the same call succeeds once there is. */
  | 'full'
  /** Called before `open`, after `close`, or by a node that another has taken the place of. */
  | 'closed'
  /** The node was taken for dead by another that shares the store; it has to go on under another name. */
  | 'buried'
  /** Anything else; the message says what. */
  | 'failed';

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
