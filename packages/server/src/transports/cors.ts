import type { IncomingMessage, ServerResponse } from 'node:http';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const HEADERS = 'Authorization, Content-Type, X-Api-Key';
/** How long a browser may remember that it was allowed. */
const MAX_AGE_S = 600;

/**
 * Lets pages of other origins read answers, as the option `corsOrigins` says. Returns what is done with each request; its result is true
 * when that has answered it, as a preflight. Written for Node's own response, because hot routes are answered without Hono.
 */
export function createCors(origins: readonly string[]): (request: IncomingMessage, response: ServerResponse) => boolean {
  if (origins.length === 0) return () => false;
  const anyone = origins.includes('*');
  return (request, response) => {
    // So that a cache does not give one origin what was allowed to another.
    if (!anyone) response.setHeader('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !(anyone || origins.includes(origin))) return false;
    response.setHeader('Access-Control-Allow-Origin', anyone ? '*' : origin);
    // Never together with "*": browsers refuse it, and rightly.
    if (!anyone) response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After');
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
    response.writeHead(204, {
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': HEADERS,
      'Access-Control-Max-Age': MAX_AGE_S,
    });
    response.end();
    return true;
  };
}
