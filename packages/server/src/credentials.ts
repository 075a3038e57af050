import type { IncomingHttpHeaders } from 'node:http';
import { isOriginAllowed } from './transports/origin.ts';

/** Where a client may have put its token. */
export interface CredentialSources {
  /** What a Socket.IO client sent as `auth`. */
  auth?: unknown;
  headers: IncomingHttpHeaders;
  /** The request's URL, with its query. */
  url: string | undefined;
  cookieName: string;
  /** Origins besides the server's own whose pages may use the cookie. */
  corsOrigins: readonly string[];
}

/** Looks for a token in `auth.token`, the header `Authorization: Bearer`, the query `token` and the cookie, in that order. */
export function findToken({ auth, headers, url, cookieName, corsOrigins }: CredentialSources): string | undefined {
  return (
    authField(auth, 'token') ??
    bearerToken(headers.authorization) ??
    queryField(url, 'token') ??
    (mayUseCookie(headers, corsOrigins) ? cookieToken(headers.cookie, cookieName) : undefined)
  );
}

// A browser adds the cookie whatever page asks. Only pages of this server, and of origins that are listed by name, may act with it: "*" lets
// every page connect, but with a token that the page holds itself.
function mayUseCookie(headers: IncomingHttpHeaders, corsOrigins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) return isOriginAllowed(origin, host, { corsOrigins: corsOrigins.filter((each) => each !== '*') });
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
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
