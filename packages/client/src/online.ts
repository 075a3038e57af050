import type { PresenceRecord } from '@porchlight/protocol';
import { httpAddress } from './address.ts';
import { notify } from './notify.ts';
import type { Presence } from './presence.ts';
import { type Failure, PresenceError } from './presence-error.ts';
import { tickerOf } from './ticker.ts';

/** Reads from the HTTP API (`/v1/…`) as this user. Rejects with a PresenceError, or as `fetch` does without a network. */
async function read(presence: Presence, path: string): Promise<unknown> {
  const { url, token } = await presence.access();
  const response = await fetch(httpAddress(url) + path, { headers: { authorization: `Bearer ${token}` } });
  const body: unknown = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new PresenceError(failureOf(response.status, body));
}

/** Somebody who is online, with what lists may show of a person, such as `name`. */
export type OnlineUser = PresenceRecord & { profile?: Readonly<Record<string, string>> };

/** A page of those whom this user may see online. `count` is exact; `next` is where the next page begins, if there is one. */
export interface OnlinePage {
  users: OnlineUser[];
  count: number;
  next?: string;
}

/** Who is online, at most `limit` from `after` on. Rejects with a PresenceError. */
export async function fetchOnline(presence: Presence, { limit = 50, after }: { limit?: number; after?: string } = {}): Promise<OnlinePage> {
  const query = new URLSearchParams({ limit: String(limit), ...(after !== undefined && { after }) });
  return (await read(presence, `/v1/online?${query}`)) as OnlinePage;
}

/** How many users this one may see online. Rejects with a PresenceError. */
export async function fetchOnlineCount(presence: Presence): Promise<number> {
  return ((await read(presence, '/v1/online/count')) as { count: number }).count;
}

/** Something that is read again and again while somebody listens. */
export interface Poll<Value> {
  /** The last that was read, the same object until the next; undefined before the first. */
  get(): Value | undefined;
  subscribe(listener: () => void): () => void;
}

/** How often lists and counts are read again while the page is looked at. */
export const REFRESH_MS = 30_000;

/** Reads at once, then every `refreshMs` while somebody listens and the page is looked at. What fails is left as it was until the next time. */
export function createPoll<Value>(presence: Presence, read: () => Promise<Value>, refreshMs = REFRESH_MS): Poll<Value> {
  const listeners = new Set<() => void>();
  let value: Value | undefined;
  let cancel = () => {};
  let turn = 0;

  const refresh = async () => {
    const mine = ++turn;
    cancel();
    cancel = tickerOf(presence).at(presence.now() + refreshMs, () => void refresh());
    const fresh = await read().catch(() => undefined);
    if (mine !== turn || fresh === undefined) return;
    value = fresh;
    notify(listeners);
  };

  return {
    get: () => value,
    subscribe(listener) {
      const call = () => listener();
      if (listeners.size === 0) void refresh();
      listeners.add(call);
      return () => {
        if (!listeners.delete(call) || listeners.size > 0) return;
        turn++;
        cancel();
      };
    },
  };
}

const counts = new WeakMap<Presence, Poll<number>>();

/** The count of those online: one poll a client, however many show it. */
export function onlineCount(presence: Presence): Poll<number> {
  let poll = counts.get(presence);
  if (poll === undefined) {
    poll = createPoll(presence, () => fetchOnlineCount(presence));
    counts.set(presence, poll);
  }
  return poll;
}

function failureOf(status: number, body: unknown): Failure {
  const { code, message } = ((body as { error?: { code?: unknown; message?: unknown } } | null)?.error ?? {}) as Partial<Failure>;
  return {
    code: code ?? (status === 401 ? 'UNAUTHENTICATED' : 'INTERNAL'),
    message: message ?? `The server answered ${status}.`,
    retry: status === 401 ? 'signed-in' : status === 429 || status >= 500 ? 'later' : 'changed',
  };
}
