import { ERROR_CODES } from '@porchlight/protocol';
import type { Context } from 'hono';
import type { Identity } from '../authenticate.ts';
import { findToken } from '../credentials.ts';
import type { Dialect, Refusal, Route, RouteActions, SpelledId } from '../dialects/dialect.ts';
import { PorchlightError, publicError } from '../errors.ts';
import { depthOf } from '../json-depth.ts';
import type { PresenceNode } from '../node.ts';
import { publicViewer } from '../online-list.ts';
import { readJson } from '../read-json.ts';
import type { HttpApp } from './http.ts';
import type { HttpEnv } from './http-env.ts';

/** The HTTP routes of all dialects. */
export function dialectRoutes(app: HttpApp, node: PresenceNode): void {
  for (const dialect of node.parts.dialects)
    for (const route of dialect.routes) app.on(route.method.toUpperCase(), route.path, (context) => answer(context, node, dialect, route));
}

async function answer(context: Context<HttpEnv>, node: PresenceNode, dialect: Dialect, route: Route<never>): Promise<Response> {
  try {
    const address = node.addressOf(context.env.incoming);
    const identity = route.authenticated ? await callerOf(context, node) : null;
    const waitMs = node.gateway.admission.message(identity, address);
    if (waitMs > 0) throw new PorchlightError('RATE_LIMITED', undefined, { retryAfterMs: waitMs });
    const body = await readBody(context, node.parts.options.jsonDepthMax);
    const read = route.reads.safeParse({ ...context.req.query(), ...context.req.param(), ...body });
    if (!read.success) throw new PorchlightError('INVALID_PAYLOAD', read.error.issues[0]?.message);
    const actions = new RequestActions(node, dialect, identity, address);
    return context.json((await route.does(read.data, actions)) as object);
  } catch (error) {
    const { code, message, retryAfterMs } = publicError(error);
    if (code === 'INTERNAL') node.parts.log.error({ err: error, path: context.req.path }, 'A request could not be answered.');
    node.parts.metrics.errors.labels(code).inc();
    if (retryAfterMs !== undefined) context.header('Retry-After', String(Math.ceil(retryAfterMs / 1_000)));
    const refusal: Refusal = {
      code,
      message,
      event: null,
      at: node.service.now(),
      ...(retryAfterMs === undefined ? null : { retryAfterMs }),
    };
    return context.json((dialect.says.refusedRoute?.(refusal) ?? { error: { code, message } }) as object, ERROR_CODES[code].http);
  }
}

/** Whose request it is; throws UNAUTHENTICATED. In open mode `userId` in the query is believed. */
export async function callerOf(context: Context<HttpEnv>, node: PresenceNode): Promise<Identity> {
  const token = findToken({ headers: context.env.incoming.headers, url: context.req.url, cookieName: node.parts.options.cookie });
  const claimed = context.req.query('userId');
  if (token === undefined && claimed !== undefined) return node.identities.claim(claimed, {});
  const known = node.identities.identify(token);
  const identity = known instanceof Promise ? await known : known;
  const loading = node.service.load(identity.tenant, [identity.user]);
  if (loading !== undefined) await loading;
  if (node.identities.isRevoked(identity)) throw new PorchlightError('UNAUTHENTICATED', 'The user was signed out; a new token is needed.');
  return identity;
}

/** A JSON object; an absent body is an empty one. */
async function readBody(context: Context<HttpEnv>, depthMax: number): Promise<Record<string, unknown>> {
  if (context.req.method === 'GET') return {};
  const text = await context.req.text();
  if (text.trim() === '') return {};
  const body = readJson(text, { depthMax });
  if (typeof body !== 'object' || body === null || Array.isArray(body) || depthOf(body, depthMax) > depthMax)
    throw new PorchlightError('INVALID_PAYLOAD', 'The body must be a JSON object.');
  return body as Record<string, unknown>;
}

class RequestActions implements RouteActions {
  readonly at: number;
  readonly timeZone: string;
  readonly #node: PresenceNode;
  readonly #dialect: Dialect;
  readonly #identity: Identity | null;
  readonly #address: string;

  constructor(node: PresenceNode, dialect: Dialect, identity: Identity | null, address: string) {
    this.at = node.service.now();
    this.timeZone = node.parts.options.timeZone;
    this.#node = node;
    this.#dialect = dialect;
    this.#identity = identity;
    this.#address = address;
  }

  async see({ id, spelled }: SpelledId) {
    const identity = this.#identity;
    this.#node.gateway.admission.ids(identity, this.#address, 1);
    const viewer = identity === null ? publicViewer('default') : { tenant: identity.tenant, user: identity.user };
    await this.#node.service.load(viewer.tenant, [id]);
    return { id, spelled, view: this.#node.service.view(viewer, id) };
  }

  async heartbeat(details: Parameters<RouteActions['heartbeat']>[0]): Promise<void> {
    this.#node.parts.metrics.heartbeats.inc();
    await this.#node.leases.heartbeat(this.#caller(), this.#dialect.name, details);
  }

  async logout(): Promise<void> {
    await this.#node.leases.logout(this.#caller());
  }

  async publicCount(): Promise<number> {
    return this.#node.service.count(publicViewer('default'));
  }

  #caller(): Identity {
    if (this.#identity === null) throw new PorchlightError('UNAUTHENTICATED', 'There is no token.');
    return this.#identity;
  }
}
