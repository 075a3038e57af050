import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../options.ts';

/** Why a request is not one of the playground's own page, in a sentence; undefined when it is. */
export function whyNotOwnPage(headers: IncomingHttpHeaders, anyHost: boolean): string | undefined {
  if (!anyHost && !namesLoopback(headers.host))
    return `The playground answers to loopback addresses only, not to "${String(headers.host).slice(0, 100)}".`;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return 'Only the playground’s own page may ask for this.';
  // Every browser sends the origin with a POST, so a request without one did not come from the page.
  if (hostOf(headers.origin) !== headers.host?.toLowerCase()) return 'Only the playground’s own page may ask for this.';
  return undefined;
}

/**
 * Whether a `Host` header names this machine itself. A page of another site can make its own name resolve to 127.0.0.1 and then is of the
 * same origin as this server; the name it asks for still gives it away.
 */
export function namesLoopback(host: string | undefined): boolean {
  if (host === undefined || !/^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.test(host)) return false;
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return isLoopback(name.toLowerCase());
}

function hostOf(origin: string | undefined): string | undefined {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined;
}
