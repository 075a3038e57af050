import type { IncomingMessage } from 'node:http';
import type { Viewer } from '@porchlight/engine';
import { seesAll } from '../actions.ts';
import { type ApiKeys, createApiKeys, type Identity } from '../authenticate.ts';
import { bearerToken } from '../credentials.ts';
import { PorchlightError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { admitRequest, callerOf } from '../transports/http-caller.ts';

/** Who asks: a person with a token, or the app's own back end with a key, which sees everything in the key's tenant. */
export interface Caller {
  readonly tenant: string;
  /** Null for a back end. */
  readonly identity: Identity | null;
  readonly viewer: Viewer;
  readonly address: string;
}

/** Who may ask. */
export type MayCall = 'user' | 'back-end' | 'either' | 'anyone';

/** Finds out who asks, and whether they may. */
export class Callers {
  readonly #node: PresenceNode;
  readonly #keys: ApiKeys | undefined;

  constructor(node: PresenceNode) {
    const { apiKeys } = node.parts.options;
    this.#node = node;
    this.#keys = apiKeys.length === 0 ? undefined : createApiKeys(apiKeys);
  }

  /** Rejects with UNAUTHENTICATED, FORBIDDEN or RATE_LIMITED. A back end is not held to the rates of a person. */
  async admit(request: IncomingMessage, mayCall: Exclude<MayCall, 'anyone'>): Promise<Caller> {
    const address = this.#node.addressOf(request);
    const tenant = this.tenantOfKey(request);
    if (tenant !== undefined) {
      if (mayCall === 'user') throw new PorchlightError('FORBIDDEN', 'An API key is nobody: use /v1/users/{user} in place of /v1/me.');
      return { tenant, identity: null, viewer: seesAll(tenant), address };
    }
    const identity = await callerOf(request, this.#node);
    admitRequest(this.#node, identity, address);
    if (mayCall === 'back-end') throw new PorchlightError('FORBIDDEN', 'This takes an API key; for oneself there is /v1/me.');
    return { tenant: identity.tenant, identity, viewer: { tenant: identity.tenant, user: identity.user }, address };
  }

  /** The tenant whose API key a request carries; undefined when it carries none. Throws UNAUTHENTICATED for a wrong `X-Api-Key`. */
  tenantOfKey(request: IncomingMessage): string | undefined {
    const named = request.headers['x-api-key'];
    const key = typeof named === 'string' ? named : bearerToken(request.headers.authorization);
    const tenant = key === undefined ? undefined : this.#keys?.tenantOf(key);
    if (tenant === undefined && named !== undefined) throw new PorchlightError('UNAUTHENTICATED', 'There is no such API key.');
    return tenant;
  }
}

/** Takes a change from what this caller may make over time; a back end may make any number. Throws RATE_LIMITED. */
export function admitChange(node: PresenceNode, { identity }: Caller): void {
  if (identity !== null) node.gateway.admission.change(identity);
}

/** The same for ids asked about; nobody may name more than `idsMax` at a time. Throws TOO_MANY_IDS, RATE_LIMITED. */
export function admitIds(node: PresenceNode, { identity, address }: Caller, count: number): void {
  if (identity !== null) return node.gateway.admission.ids(identity, address, count);
  const { idsMax } = node.parts.options;
  if (count > idsMax) throw new PorchlightError('TOO_MANY_IDS', `At most ${idsMax} ids at a time.`);
}
