import type { PresenceRecord } from '@porchlight/protocol';
import { httpAddress } from './address.ts';
import { notify } from './notify.ts';
import type { Presence } from './presence.ts';
import { type Failure, PresenceError } from './presence-error.ts';
import { observeTime } from './ticker.ts';

/** Reads from the HTTP API (`/v1/…`) as this user. Rejects with a PresenceError, or as `fetch` does without a network. */
async function read<Body>(presence: Presence, path: string): Promise<Body> {
  const { url, token } = await presence.access();
  const response = await fetch(httpAddress(url) + path, { headers: { authorization: `Bearer ${token}` } });
  // What stands between may answer with no JSON.
  const body = (await response.json().catch(() => ({}))) as Body & { error?: Failure };
  if (response.ok) return body;
  throw new PresenceError(body.error ?? { code: 'INTERNAL', message: `The server answered ${response.status}.`, retry: 'later' });
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
  return read(presence, `/v1/online?limit=${limit}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`);
}

/** How many users this one may see online. Rejects with a PresenceError. */
export async function fetchOnlineCount(presence: Presence): Promise<number> {
  return (await read<{ count: number }>(presence, '/v1/online/count')).count;
}

/** Something that is read again and again while somebody listens. */
export interface Poll<Value> {
  /** The last that was read, the same object until the next; undefined before the first. */
  get(): Value | undefined;
  subscribe(listener: () => void): () => void;
}

/** How often lists and counts are read again while the page is looked at. */
export const REFRESH_MS = 30_000;

/**
 * Reads at once, again whenever the link opens, for before it this user is not among those online, and every `refreshMs` while somebody listens
 * and the page is looked at. What fails is left as it was until the next time.
 */
export function createPoll<Value>(presence: Presence, read: () => Promise<Value>, refreshMs = REFRESH_MS): Poll<Value> {
  const listeners = new Set<() => void>();
  let value: Value | undefined;
  let stop = () => {};
  let turn = 0;

  const refresh = async () => {
    const mine = ++turn;
    const fresh = await read().catch(() => undefined);
    if (mine !== turn || fresh === undefined) return;
    value = fresh;
    notify(listeners);
  };

  const begin = () => {
    let before = 'connecting';
    const look = () => {
      const { name } = presence.connection;
      // The first link is waited for: it takes no longer than an answer, which would be wrong by then.
      if (name !== before && (name === 'open' || (before === 'connecting' && value === undefined))) void refresh();
      before = name;
    };
    const unsubscribe = presence.subscribe(look);
    const pause = observeTime(
      presence,
      () => refreshMs,
      () => void refresh(),
    );
    look();
    return () => {
      unsubscribe();
      pause();
    };
  };

  return {
    get: () => value,
    subscribe(listener) {
      const call = () => listener();
      if (listeners.size === 0) stop = begin();
      listeners.add(call);
      return () => {
        if (!listeners.delete(call) || listeners.size > 0) return;
        turn++;
        stop();
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
