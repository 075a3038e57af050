import type { IncomingMessage } from 'node:http';
import type { Identity } from '../authenticate.ts';
import { findToken, queryField } from '../credentials.ts';
import { PorchlightError, publicError } from '../errors.ts';
import { refuseRevoked } from '../identities.ts';
import type { PresenceNode } from '../node.ts';

/**
 * Whose request it is; throws, or rejects with, UNAUTHENTICATED. At once, without a promise, when the token was seen before and its user
 * is resident. In open mode `userId` in the query is believed.
 */
export function callerOf(request: IncomingMessage, node: PresenceNode): Identity | Promise<Identity> {
  const { cookie, corsOrigins } = node.parts.options;
  const token = findToken({ headers: request.headers, url: request.url, cookieName: cookie, corsOrigins });
  if (token === undefined && node.identities.open) return believe(queryField(request.url, 'userId'), node);
  const identity = node.identities.identify(token);
  return identity instanceof Promise ? identity.then((known) => admitted(known, node)) : admitted(identity, node);
}

function believe(user: string | undefined, node: PresenceNode): Identity | Promise<Identity> {
  if (user === undefined) throw new PorchlightError('UNAUTHENTICATED', 'In open mode, say who you are with ?userId=.');
  return admitted(node.identities.claim(user, {}), node);
}

// Whether somebody was signed out is known of resident users only.
function admitted(identity: Identity, node: PresenceNode): Identity | Promise<Identity> {
  const loading = node.service.load(identity.tenant, [identity.user]);
  return loading === undefined ? notRevoked(identity, node) : loading.then(() => notRevoked(identity, node));
}

function notRevoked(identity: Identity, node: PresenceNode): Identity {
  refuseRevoked(node.identities, identity);
  return identity;
}

/** Throws RATE_LIMITED for somebody who asks too often. */
export function admitRequest(node: PresenceNode, identity: Identity | null, address: string): void {
  const waitMs = node.gateway.admission.message(identity, address);
  if (waitMs === 0) return;
  throw new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs: waitMs });
}

/**
 * What may be said of what went wrong with a request, once it is counted and, if it is a fault of the server, logged. Failed sign-ins count
 * against their address: guessing must not be free.
 */
export function refusalFor(error: unknown, request: IncomingMessage, node: PresenceNode): PorchlightError {
  const { log, metrics } = node.parts;
  let refusal = publicError(error);
  if (refusal.code === 'INTERNAL') log.error({ err: error, path: request.url?.split('?')[0] }, 'A request could not be answered.');
  if (refusal.code === 'UNAUTHENTICATED') {
    const waitMs = node.gateway.admission.message(null, node.addressOf(request));
    if (waitMs > 0) refusal = new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs: waitMs });
  }
  metrics.errors.labels(refusal.code).inc();
  return refusal;
}
