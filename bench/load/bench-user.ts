import { createHmac } from 'node:crypto';

/** Every id of the benchmark is `u` and six digits, so that the load generator reads it from the bytes without parsing. */
export const ID_DIGITS = 6;

/** Signs the tokens of the benchmark's users; the servers under test are started with it. */
export const TOKEN_SECRET = 'a secret of the benchmark, used on the loopback interface alone';

export function userId(user: number): string {
  return `u${String(user).padStart(ID_DIGITS, '0')}`;
}

/** Reads the six digits that start at `at`. */
export function userAt(bytes: Buffer, at: number): number {
  let user = 0;
  for (let index = at; index < at + ID_DIGITS; index++) user = user * 10 + bytes[index]! - 0x30;
  return user;
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = base64url({ alg: 'HS256', typ: 'JWT' });
const tokens = new Map<number, string>();

/** An HS256 token for a user, valid for a day; made once, so that no measured section pays for it. */
export function tokenOf(user: number): string {
  let token = tokens.get(user);
  if (token === undefined) {
    const now = Math.floor(Date.now() / 1_000);
    const signed = `${header}.${base64url({ sub: userId(user), name: `User ${user}`, iat: now, exp: now + 86_400 })}`;
    token = `${signed}.${createHmac('sha256', TOKEN_SECRET).update(signed).digest('base64url')}`;
    tokens.set(user, token);
  }
  return token;
}

/** Where `marker` next occurs in `bytes[start, end)`, or -1: a plain loop, since crossing into native code costs more than 150 bytes. */
export function find(bytes: Buffer, marker: Buffer, start: number, end: number): number {
  const first = marker[0]!;
  const last = end - marker.length;
  search: for (let at = start; at <= last; at++) {
    if (bytes[at] !== first) continue;
    for (let offset = 1; offset < marker.length; offset++) if (bytes[at + offset] !== marker[offset]) continue search;
    return at;
  }
  return -1;
}
