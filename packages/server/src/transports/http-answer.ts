import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ERROR_CODES, type ErrorCode } from '@porchlight/protocol';
import type { PorchlightError } from '../errors.ts';

/*
 * Answers are written to Node's own response, in front of Hono's: a `Response` object and its stream cost five times what the route does.
 */

export { RESPONSE_ALREADY_SENT };

/** How anyone may try to sign in, for answers with 401. */
const CHALLENGE = 'Bearer realm="porchlight"';

/** Sends JSON; `RESPONSE_ALREADY_SENT` is what Hono is told. Presence is for whoever asked, and old as soon as it is sent, so nobody keeps it. */
export function sendJson(response: ServerResponse, status: number, value: unknown, headers?: Readonly<Record<string, string>>): Response {
  return send(response, status, 'application/json', JSON.stringify(value), headers);
}

export function sendText(response: ServerResponse, contentType: string, text: string): Response {
  return send(response, 200, contentType, text);
}

/** Answers that what was asked for is done. */
export function sendNothing(response: ServerResponse): Response {
  response.writeHead(204, { 'Cache-Control': 'no-store' });
  response.end();
  return RESPONSE_ALREADY_SENT;
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers?: Readonly<Record<string, string>>,
): Response {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(body);
  return RESPONSE_ALREADY_SENT;
}

/** The status of a refusal, and the headers that go with it. */
export function refusalHead({ code, retryAfterMs }: Pick<PorchlightError, 'code' | 'retryAfterMs'>) {
  const headers: Record<string, string> = {};
  if (code === 'UNAUTHENTICATED') headers['WWW-Authenticate'] = CHALLENGE;
  if (retryAfterMs !== undefined) headers['Retry-After'] = String(Math.ceil(retryAfterMs / 1_000));
  return { status: ERROR_CODES[code].http, headers };
}

/** What `/v1` and every route that is nobody else's say when they refuse. */
export interface RefusalBody {
  error: { code: ErrorCode; message: string; retry: string; retryAfterMs?: number };
}

/** Refuses in the form of `/v1`. */
export function sendRefusal(response: ServerResponse, refusal: PorchlightError, headers?: Readonly<Record<string, string>>): Response {
  const head = refusalHead(refusal);
  return sendJson(response, head.status, refusalBody(refusal), { ...head.headers, ...headers });
}

export function refusalBody({ code, message, retryAfterMs }: PorchlightError): RefusalBody {
  return { error: { code, message, retry: ERROR_CODES[code].retry, ...(retryAfterMs === undefined ? null : { retryAfterMs }) } };
}
