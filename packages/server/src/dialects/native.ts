import type { View } from '@porchlight/engine';
import { AVAILABILITIES, ERROR_CODES, type PresenceRecord } from '@porchlight/protocol';
import { defineDialect, hear, type Message, type Refusal, type Reply, type Shown, whenSeen, z } from './dialect.ts';
import { FOR_MS_MAX, shortText, userIds } from './payload.ts';

/*
 * The server's own words: whole records, last value wins. Frames are described in `@porchlight/protocol`; the first one, `hello`, and
 * the counting of frames belong to the transport.
 */

/** The record of a view: what is null, empty or certain is left out. */
export function recordOf(id: string, view: View): PresenceRecord {
  const record: PresenceRecord = {
    id,
    online: view.status !== 'offline',
    status: view.status,
    lastSeenAt: view.lastSeenAt,
    version: view.version,
  };
  if (view.lastSeenWithinMs !== null) record.lastSeenWithinMs = view.lastSeenWithinMs;
  if (view.lastActiveAt !== null) record.lastActiveAt = view.lastActiveAt;
  if (view.onlineSinceAt !== null) record.onlineSinceAt = view.onlineSinceAt;
  if (view.text !== null) record.text = view.text;
  if (view.platforms.length > 0) record.platforms = [...view.platforms];
  if (view.certainty !== 'certain') record.certainty = view.certainty;
  return record;
}

const record = (shown: Shown) => recordOf(shown.id, shown.view);
const requestId = z.string().min(1).max(64);
const optionalRequest = { request: requestId.optional() };
const withRequest = (request: string | undefined) => (request === undefined ? {} : { request });
const ok = (request: string | undefined): Reply => ({ says: [['ok', withRequest(request)]] });

/** Records in one page of a snapshot: about 16 KiB. */
const PAGE_MAX = 100;

/** A snapshot in pages; of nobody, one empty page. */
export function snapshotPages(shown: readonly Shown[], request: string | undefined, at: number): Message[] {
  const pages: Message[] = [];
  for (let start = 0; start === 0 || start < shown.length; start += PAGE_MAX) {
    pages.push([
      'snapshot',
      {
        at,
        ...withRequest(request),
        ...(start === 0 ? { begin: true } : null),
        ...(start + PAGE_MAX >= shown.length ? { end: true } : null),
        presences: shown.slice(start, start + PAGE_MAX).map(record),
      },
    ]);
  }
  return pages;
}

/** Nobody is believed to have been idle for longer. */
const IDLE_MS_MAX = 366 * 86_400_000;

export const native = defineDialect({
  name: 'native',
  namespace: null,
  audience: 'watched',
  grain: 'record',
  hears: {
    watch: hear(
      z.object({ ...optionalRequest, set: userIds.optional(), add: userIds.optional(), remove: userIds.optional() }),
      async ({ request, set, add = [], remove = [] }, actions) => {
        const wanted = set === undefined ? add : [...set, ...add];
        const kept = new Set(wanted.map(({ id }) => id));
        const dropped = set === undefined ? remove.map(({ id }) => id) : actions.watched().filter((id) => !kept.has(id));
        return { says: snapshotPages(await actions.watchAndSee(wanted, dropped), request, actions.at) };
      },
    ),

    get: hear(z.object({ request: requestId, ids: userIds }), ({ request, ids }, actions) =>
      whenSeen(actions.seeAll(ids), (shown) => ({ says: [['presences', { at: actions.at, request, presences: shown.map(record) }]] })),
    ),

    activity: hear(
      z.object({ idleMs: z.number().int().min(0).max(IDLE_MS_MAX), background: z.boolean().optional(), screen: shortText.optional() }),
      ({ idleMs, background, screen }, actions) => {
        actions.activity(idleMs, { ...(background === undefined ? null : { background }), ...(screen === undefined ? null : { screen }) });
        return undefined;
      },
    ),

    status: hear(
      z.object({
        ...optionalRequest,
        availability: z.enum(AVAILABILITIES),
        text: shortText.nullable().optional(),
        forMs: z.number().int().min(1_000).max(FOR_MS_MAX).optional(),
      }),
      async ({ request, availability, text, forMs }, actions) => {
        await actions.setStatus(availability, text, forMs);
        return ok(request);
      },
    ),

    show: hear(z.object({ ...optionalRequest, shown: z.boolean() }), ({ request, shown }, actions) => {
      actions.show(shown);
      return ok(request);
    }),

    pace: hear(z.object({ flushMs: z.number().int().min(0).max(600_000) }), ({ flushMs }, actions) => {
      actions.pace(flushMs);
      return undefined;
    }),

    token: hear(z.object({ ...optionalRequest, token: z.string() }), async ({ request, token }, actions) => {
      await actions.renewToken(token);
      return ok(request);
    }),

    pong: hear(z.unknown(), (_payload, actions) => {
      actions.alive();
      return undefined;
    }),

    closing: hear(z.unknown(), (_payload, actions) => {
      actions.closing();
      return undefined;
    }),

    leave: hear(z.unknown(), (_payload, actions) => {
      actions.leave('left');
      actions.disconnect();
      return undefined;
    }),
  },
  says: {
    change: (shown): Message => ['presence', record(shown)],
    refused: ({ code, message, retryAfterMs, request }: Refusal) => ({
      says: [
        [
          'error',
          {
            ...withRequest(request),
            code,
            message,
            retry: ERROR_CODES[code].retry,
            ...(retryAfterMs === undefined ? null : { retryAfterMs }),
          },
        ],
      ],
    }),
  },
});
