import type { IncomingHttpHeaders } from 'node:http';

/** Where a client may have put its token. */
export interface CredentialSources {
  /** What a Socket.IO client sent as `auth`. */
  auth?: unknown;
  headers: IncomingHttpHeaders;
  /** The request's URL, with its query. */
  url: string | undefined;
  cookieName: string;
}

/** Looks for a token in `auth.token`, the header `Authorization: Bearer`, the query `token` and the cookie, in that order. */
export function findToken({ auth, headers, url, cookieName }: CredentialSources): string | undefined {
  return (
    authField(auth, 'token') ?? bearerToken(headers.authorization) ?? queryField(url, 'token') ?? cookieToken(headers.cookie, cookieName)
  );
}

/** A text field of what a Socket.IO client sent as `auth`. */
export function authField(auth: unknown, field: string): string | undefined {
  if (typeof auth !== 'object' || auth === null || !Object.hasOwn(auth, field)) return undefined;
  const value = (auth as Record<string, unknown>)[field];
  if (typeof value === 'number') return String(value);
  // Some clients send the header's form here.
  return typeof value === 'string' && value !== '' ? value.replace(/^Bearer /i, '') : undefined;
}

export function bearerToken(header: string | undefined): string | undefined {
  return header !== undefined && /^bearer /i.test(header) ? header.slice(7).trim() || undefined : undefined;
}

/** A field of a URL's query. */
export function queryField(url: string | undefined, field: string): string | undefined {
  const start = url?.indexOf('?') ?? -1;
  if (url === undefined || start === -1) return undefined;
  return new URLSearchParams(url.slice(start)).get(field) || undefined;
}

function cookieToken(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return decode(pair.slice(equals + 1).trim());
  }
  return undefined;
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value) || undefined;
  } catch {
    return undefined;
  }
}
