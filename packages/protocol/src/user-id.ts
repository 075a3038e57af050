/** Longest accepted user or tenant id, in UTF-16 units. */
export const USER_ID_LENGTH_MAX = 128;

const plain = /^[A-Za-z0-9._~@|:+-]{1,128}$/;
// Controls, format characters (bidi, zero width), separators other than the space, private use and unassigned code points: two ids
// that look the same, or break a log line or a key, must not both exist.
const forbidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/u;

/**
 * Says whether a value is a well-formed id: a string of 1 to 128 UTF-16 units, well-formed Unicode in normal form C, without
 * controls, invisible characters or outer white space. Such ids stay distinct in every store.
 */
export function isUserId(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  if (plain.test(value)) return true;
  return (
    value.length > 0 &&
    value.length <= USER_ID_LENGTH_MAX &&
    value.isWellFormed() &&
    value === value.trim() &&
    !forbidden.test(value) &&
    value.normalize('NFC') === value
  );
}

/**
 * Reads an id that a client sent, as a string or as a number. A non-negative safe integer is the same user as its decimal string.
 * Returns undefined for anything else, so that two numbers beyond 2^53 can never become one user.
 */
export function readUserId(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0) ? String(value) : undefined;
  return isUserId(value) ? value : undefined;
}

const decimal = /^(?:0|[1-9]\d{0,15})$/;

/** The id as a number where it is the decimal string of a safe integer, else as it is: for clients that count their users. */
export function spellAsNumber(id: string): string | number {
  if (!decimal.test(id)) return id;
  const value = Number(id);
  return Number.isSafeInteger(value) ? value : id;
}
