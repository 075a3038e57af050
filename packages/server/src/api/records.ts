import { z } from '@hono/zod-openapi';
import { AVAILABILITIES, ERROR_CODES, isUserId, RULES, STATUSES, USER_ID_LENGTH_MAX } from '@porchlight/protocol';
import { FOR_MS_MAX } from '../dialects/payload.ts';

/*
 * What is said and understood under `/v1`, in the words of `@porchlight/protocol`. Every object is strict: a field that nobody knows is a
 * slip, and is refused.
 */

const USER_ID = {
  description: 'A user id: well-formed Unicode in normal form C, without controls and outer white space.',
  example: 'alice',
};

export const userId = z.string().min(1).max(USER_ID_LENGTH_MAX).refine(isUserId, 'not a user id').openapi(USER_ID);

/** A list of user ids. Read by hand: of 1,000 ids `z.array(userId)` takes 90 to 180 µs and this 35, and no other body has so many parts. */
export const userIds = z
  .custom<readonly unknown[]>(Array.isArray, 'expected an array')
  .transform((list, context) => {
    const wrong = list.findIndex((id) => !isUserId(id));
    if (wrong === -1) return list as readonly string[];
    context.addIssue({ code: 'custom', path: [wrong], message: 'not a user id' });
    return z.NEVER;
  })
  .openapi({ type: 'array', items: { type: 'string', minLength: 1, maxLength: USER_ID_LENGTH_MAX, ...USER_ID } });

export const epochMs = z.number().int().openapi({ description: 'Epoch milliseconds.' });

const presenceFields = {
  id: userId,
  online: z.boolean(),
  status: z.enum(STATUSES),
  lastSeenAt: epochMs
    .nullable()
    .openapi({ description: 'Last proof of life that the caller may know; null when never seen or not shown.' }),
  lastSeenWithinMs: z.number().int().optional().openapi({
    description: 'The user was last seen within so long from `lastSeenAt` on: the caller may know no more. Absent when that is exact.',
  }),
  lastActiveAt: epochMs.optional().openapi({ description: 'Last input by the person; absent when unknown or not shown.' }),
  onlineSinceAt: epochMs.optional(),
  text: z.string().optional().openapi({ description: 'The person’s own words beside the status.' }),
  platforms: z.array(z.string()).optional(),
  certainty: z.enum(['recovering', 'suspect']).optional().openapi({ description: 'Absent when certain.' }),
  version: z.number().openapi({
    description: 'Rises with every change that the caller can see, until the server is started anew; 0 for somebody hidden or never seen.',
  }),
};

export const presenceRecord = z.strictObject(presenceFields).openapi('PresenceRecord', {
  description: 'What the caller may know of one user. Hidden, blocking, unknown users and those of other tenants all look the same.',
});

export const profile = z
  .record(z.string(), z.string())
  .openapi('Profile', { description: 'What lists show of a person: `name`, `role` and what the option `expose` names.' });

export const onlineUser = z.strictObject({ ...presenceFields, profile }).openapi('OnlineUser');

export const settings = z
  .strictObject({
    availability: z.enum(AVAILABILITIES),
    availabilityUntilAt: epochMs.nullable().openapi({ description: 'When `availability` and `text` end by themselves; null for never.' }),
    text: z.string().nullable(),
    onlineRule: z.enum(RULES).openapi({ description: 'Who may see whether the user is online.' }),
    lastSeenRule: z.enum(RULES).openapi({ description: 'Who may see when the user was last seen.' }),
    coarseLastSeenRule: z
      .enum(RULES)
      .openapi({ description: 'Who may see in which bucket of time that was, where the other two rules show them nothing.' }),
    optedOut: z.boolean().openapi({ description: 'Nothing of the user’s presence is recorded or shown.' }),
  })
  .openapi('Settings');

export const account = z.strictObject({ user: userId, presence: presenceRecord, settings, profile }).openapi('Account');

export const settingsChange = z
  .strictObject({
    availability: z.enum(AVAILABILITIES),
    text: z.string().max(128).nullable(),
    forMs: z.number().int().min(1_000).max(FOR_MS_MAX).openapi({ description: 'Ends `availability` and `text` after this time.' }),
    onlineRule: z.enum(RULES),
    lastSeenRule: z.enum(RULES),
    coarseLastSeenRule: z.enum(RULES),
    optedOut: z.boolean(),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'says nothing to change')
  .refine(
    ({ availability, text, forMs }) => forMs === undefined || availability !== undefined || text !== undefined,
    'forMs ends availability or text, so one of them is needed',
  )
  .openapi('SettingsChange', {
    description: 'What is left out stays. `availability` or `text` without `forMs` holds until it is changed.',
  });

export const session = z
  .strictObject({
    id: z.string().openapi({ description: 'Names the session until the server restarts.' }),
    kind: z.enum(['link', 'lease']).openapi({ description: 'A connection, or heartbeats over HTTP.' }),
    dialect: z.string(),
    platform: z.string().nullable(),
    appVersion: z.string().nullable(),
    device: z.string().nullable(),
    screen: z.string().nullable(),
    startedAt: epochMs,
    seenAt: epochMs,
    endedAt: epochMs.nullable().openapi({ description: 'Null while it is open.' }),
    endReason: z.string().nullable(),
    hidden: z.boolean().openapi({ description: 'The user appears offline on it.' }),
  })
  .openapi('Session');

export const refusal = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]),
      message: z.string(),
      retry: z.enum(['later', 'changed', 'signed-in', 'never']),
      retryAfterMs: z.number().int().optional(),
    }),
  })
  .openapi('Refusal', { description: 'The one form of errors. `code` is stable; `message` is for people.' });

/*
 * The document's library keeps every schema that has a name or a description for as long as the process lives, and whatever is derived from
 * one: so these are made once, and not for each server.
 */
export const optionalUserId = userId.optional();
export const optionalEpochMs = epochMs.optional();

/** How many of a list to answer with, from the query. */
export const pageLimit = (most: number) => z.coerce.number().int().min(1).max(most).optional();
