import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { secretPath } from './data-folder.ts';
import { JWT_SECRET_BYTES_MIN } from './options/check.ts';
import type { ServerOptions } from './options/table.ts';

const SECRET_BYTES = 48;
const READABLE_BY_OTHERS = 0o077;

/** The secret's file cannot be used; the message says why and what to do. */
export class SecretError extends Error {
  readonly code = 'SECRET_UNUSABLE';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'SecretError';
  }
}

const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;

/** Reads the secret in the data folder; undefined when there is none. Throws `SecretError` when others could read it too. */
export function readSecret(data: string): string | undefined {
  const path = secretPath(data);
  try {
    const { mode } = statSync(path);
    // Windows has no such modes, and reports every file as readable by all.
    if (process.platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0) {
      const octal = (mode & 0o777).toString(8);
      throw new SecretError(
        `Others may read ${path} (mode ${octal}). Run \`chmod 600 ${path}\`; if somebody may have read it, delete it: a new one is made, and everybody signs in again.`,
      );
    }
    const secret = readFileSync(path, 'utf8').trim();
    if (Buffer.byteLength(secret) >= JWT_SECRET_BYTES_MIN) return secret;
    throw new SecretError(`${path} holds no usable secret (less than ${JWT_SECRET_BYTES_MIN} bytes). Delete it, and a new one is made.`);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    if (error instanceof SecretError) throw error;
    throw new SecretError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, error);
  }
}

/**
 * Makes the secret, for the owner's eyes only. It is written aside and then linked to its name: linking fails when the name exists, so
 * of two processes that start at once one makes the secret and the other finds it, whole.
 */
function makeSecret(data: string) {
  const path = secretPath(data);
  const aside = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    writeFileSync(aside, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true });
    linkSync(aside, path);
  } catch (error) {
    if (isCode(error, 'EEXIST')) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SecretError(`No secret could be kept in ${path}: ${reason}. Make the folder writable, or give --jwt-secret.`, error);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The secret in the data folder, made when there is none. Throws `SecretError`. */
export function obtainSecret(data: string): string {
  const known = readSecret(data);
  if (known !== undefined) return known;
  makeSecret(data);
  return readSecret(data) ?? obtainSecret(data);
}

/**
 * The secret that tokens are signed and verified with: the option, or the one in the data folder where no other key is configured. Null
 * where tokens are not looked at (`auth: 'open'`) or are signed elsewhere.
 */
export function tokenSecret(options: Pick<ServerOptions, 'auth' | 'jwtSecret' | 'jwtPublicKey' | 'jwksUrl' | 'data'>): string | null {
  const { auth, jwtSecret, jwtPublicKey, jwksUrl, data } = options;
  if (auth === 'open') return null;
  if (jwtSecret !== null) return jwtSecret;
  return jwtPublicKey === null && jwksUrl === null ? obtainSecret(data) : null;
}
