import type { Grain, View } from '@porchlight/engine';
import type { Availability, ErrorCode } from '@porchlight/protocol';
import { z } from 'zod';

/** A user id as the client spelled it, and the id that it means. A number is the same user as its decimal string. */
export interface SpelledId {
  readonly id: string;
  readonly spelled: string | number;
}

/** One message of a dialect: an event name and its payload. */
export type Message = readonly [event: string, payload: unknown];

/** What the one who asked gets: messages to emit, and what the acknowledgement carries if the client asked for one. */
export interface Reply {
  readonly says?: readonly Message[];
  readonly ack?: unknown;
}

/** A user as one viewer may see them, with the id spelled as that viewer's client spells ids. */
export interface Shown {
  readonly id: string;
  readonly spelled: string | number;
  readonly view: View;
}

/** Somebody in a list of people online, with what the list may show of them. */
export interface Listed extends Shown {
  readonly profile: Readonly<Record<string, string | undefined>>;
}

export interface OnlineList {
  readonly people: readonly Listed[];
  /** How many there are, exactly, even where `people` is cut. */
  readonly count: number;
  readonly truncated: boolean;
}

/** A refusal in the dialect's own form is made from this. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number;
  /** The event that was refused; null for one that is not about an event. */
  readonly event: string | null;
  /** The refused message's own `request`, where it had one. */
  readonly request?: string;
  readonly at: number;
}

/** What typing looks like to the one who is typed to. */
export interface TypingShown {
  readonly from: string | number;
  readonly to: string | number;
  readonly conversation: string;
  readonly isTyping: boolean;
  readonly autoStopped: boolean;
  readonly at: number;
}

/**
 * All that a dialect can do on behalf of the client that sent a message. Ids that a dialect passes are read by `userId`; every view it gets
 * back has gone through the gate. Members that wait for something may reject with a PorchlightError, which becomes the dialect's refusal.
 */
export interface Actions {
  /** The server's time when the message came, epoch milliseconds. */
  readonly at: number;
  /** The signed-in user; null before that. */
  readonly user: string | null;
  /** How this client spells an id: as a number if it has done so. */
  spell(id: string): string | number;

  /**
   * The message claims to come from this user. Throws FORBIDDEN when it is not the one signed in; in open mode it signs a nameless
   * connection in. Undefined claims nothing, and throws UNAUTHENTICATED while nobody is signed in.
   */
  act(as: SpelledId | undefined, profile?: Readonly<Record<string, string>>): void | Promise<void>;
  /** The person did something `idleMs` ago (default now). */
  activity(idleMs?: number, details?: { background?: boolean; screen?: string }): void;
  /** Appears offline on this session though connected, or not any more. */
  show(shown: boolean): void;
  /** The page lives, whatever the person does. */
  alive(): void;
  /** The page is about to close: should the link now break, the grace is short. */
  closing(): void;
  /** Takes a newer token of the same user. */
  renewToken(token: string): Promise<void>;
  /** Closes the connection in good order. */
  disconnect(): void;
  /** Ends the session now, without grace; the connection stays, and `show(true)` begins a new session. */
  leave(reason: string): void;
  setStatus(availability: Availability, text: string | null | undefined, forMs: number | undefined): Promise<void>;

  /** At once where the user is in memory, as most are; `await` takes either, `whenSeen` without a promise where there is none. */
  see(id: SpelledId): Shown | Promise<Shown>;
  /** The same of many, in the order asked. Throws TOO_MANY_IDS. */
  seeAll(ids: readonly SpelledId[]): Shown[] | Promise<Shown[]>;
  online(): Promise<OnlineList>;

  /** The user's stored contacts. */
  contacts(): SpelledId[];
  /** Resolves when it is stored. */
  setContact(id: SpelledId, present: boolean): Promise<void>;
  /**
   * From now on this connection is told of changes of these users, and no longer of `instead`, which make room for them. Throws
   * TOO_MANY_IDS, and then nothing has changed.
   */
  watch(ids: readonly SpelledId[], instead?: readonly string[]): Promise<void>;
  /** The same with how they are, in the order asked. Throws RATE_LIMITED too, and then nothing has changed either. */
  watchAndSee(ids: readonly SpelledId[], instead?: readonly string[]): Promise<Shown[]>;
  unwatch(ids: readonly string[]): void;
  watched(): string[];
  /** Tells this connection of changes no more often than every `flushMs`, but never more often than the server's own pace. */
  pace(flushMs: number): void;

  /**
   * As `show`, and tells these users' connections of this dialect, watching or not, how the sender is now, with `extra` beside it: those who
   * see the sender online before or after. Nobody is told twice.
   */
  showTo(to: readonly SpelledId[], shown: boolean, extra: Readonly<Record<string, unknown>>): Promise<void>;
  typing(to: SpelledId, conversation: string, isTyping: boolean): Promise<void>;
}

/** One event that a dialect understands. */
export interface Heard<Payload> {
  /** Reads what the client sent, once; what it refuses becomes INVALID_PAYLOAD. */
  readonly reads: z.ZodType<Payload>;
  /** What it means. Called only with a payload that was read, in the order in which the client sent its messages. */
  readonly does: (payload: Payload, actions: Actions) => Reply | undefined | Promise<Reply | undefined>;
}

/** One HTTP route of a dialect. */
export interface Route<Body> {
  readonly method: 'get' | 'post';
  /** Hono's form, such as `/api/user-presence/:user`. */
  readonly path: string;
  /** Whether a valid token is needed. */
  readonly authenticated: boolean;
  readonly summary: string;
  /** Reads body (an absent one is `{}`), path parameters and query together. */
  readonly reads: z.ZodType<Body>;
  readonly does: (body: Body, actions: RouteActions) => unknown;
  /** What an example of the answer looks like, for the API's description. */
  readonly answers: z.ZodType;
}

/** All that a route of a dialect can do. */
export interface RouteActions {
  readonly at: number;
  readonly timeZone: string;
  see(id: SpelledId): Promise<Shown>;
  /** Renews, or begins, the caller's lease. */
  heartbeat(details: LeaseDetails): Promise<void>;
  /** Ends the caller's lease at once. */
  logout(): Promise<void>;
  /** How many show themselves to everyone. */
  publicCount(): Promise<number>;
}

export interface LeaseDetails {
  readonly platform?: string | undefined;
  readonly appVersion?: string | undefined;
  readonly device?: string | undefined;
  readonly screen?: string | undefined;
  readonly background: boolean;
}

/**
 * The words of one kind of client: what it hears, what it says, how it formats. A dialect holds no presence logic and no state; the five
 * that come with the server are written with the same function as an app's own, and can do nothing that those cannot.
 */
export interface Dialect {
  readonly name: string;
  /** The Socket.IO namespace; null for a dialect of HTTP routes only. */
  readonly namespace: string | null;
  /** Who is told of changes: every connection of this dialect that may see the user, or those that watch the user. */
  readonly audience: 'everyone' | 'watched';
  /** How finely its words tell states apart: it is told of nothing finer. */
  readonly grain: Grain;
  /** Whether a connection is told of changes of its own user. */
  readonly tellsSelf: boolean;
  /** In place of the server's grace, for sessions of this dialect. */
  readonly graceMs?: number;
  /** Watches the user's stored contacts from sign-in on. */
  readonly watchesContacts?: boolean;
  /** Whoever is asked about or listed is watched from then on, as far as there is room. */
  readonly watchesAsked?: boolean;
  /** Ids that can be numbers are numbers, until a client spells one as a text. */
  readonly spellsNumbers?: boolean;
  // Payload types differ by event; each was checked where the event was described.
  readonly hears: Readonly<Record<string, Heard<never>>>;
  readonly routes: readonly Route<never>[];
  readonly says: Words;
}

/** The words that are said without being asked. */
export interface Words {
  /** A user changed, as this viewer may see it; nothing when there is no word for it. `timeZone` is for words that name an hour. */
  change(shown: Shown, at: number, extra?: Readonly<Record<string, unknown>>, timeZone?: string): Message | undefined;
  /** A refusal; `ack` is what the acknowledgement carries. */
  refused(refusal: Refusal): Reply;
  /** The first words to somebody who signed in. */
  welcome?(facts: { user: string | number; connection: string; at: number; reconnect: boolean }): Message;
  typing?(typing: TypingShown): Message;
  /** What a route answers to a refusal. */
  refusedRoute?(refusal: Refusal): unknown;
  /** Said, in this order, to a connection that may connect before it is found not to be signed in, and is then cut. */
  unauthenticated?(refusal: Refusal): readonly Message[];
}

/** Describes one event; the type of its payload follows from `reads`. */
export function hear<Payload>(
  reads: z.ZodType<Payload>,
  does: (payload: Payload, actions: Actions) => Reply | undefined | Promise<Reply | undefined>,
): Heard<never> {
  return { reads, does } as unknown as Heard<never>;
}

/** Goes on with what is there already, or once it is: an answer that waits for promises costs 3 µs more than one that does not. */
export function whenSeen<Seen, Result>(seen: Seen | Promise<Seen>, goOn: (seen: Seen) => Result): Result | Promise<Result> {
  return seen instanceof Promise ? seen.then(goOn) : goOn(seen);
}

/** Describes one HTTP route; the type of what it gets follows from `reads`. */
export function route<Body>(description: Route<Body>): Route<never> {
  return description as unknown as Route<never>;
}

/** The dialect when only those are told who showed interest: by asking, or because the user is a stored contact. */
export function toldOnlyWatched(dialect: Dialect): Dialect {
  return dialect.audience === 'watched'
    ? dialect
    : Object.freeze({ ...dialect, audience: 'watched', watchesContacts: true, watchesAsked: true });
}

interface DialectDescription extends Partial<Omit<Dialect, 'name' | 'says'>> {
  name: string;
  says: Words;
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Makes a dialect of a description; throws an Error that says what is wrong with it. Left out: `namespace` is `/`, `audience` is
 * `everyone`, `grain` is `online`, `tellsSelf` is true.
 */
export function defineDialect(description: DialectDescription): Dialect {
  const {
    name,
    says,
    namespace = '/',
    audience = 'everyone',
    grain = 'online',
    tellsSelf = true,
    hears = {},
    routes = [],
    ...rest
  } = description;
  if (!NAME.test(name)) throw new Error(`A dialect's name is lower-case letters, digits and hyphens, not ${JSON.stringify(name)}.`);
  if (namespace !== null && !namespace.startsWith('/')) throw new Error(`The namespace of dialect ${name} begins with "/".`);
  if (typeof says?.change !== 'function' || typeof says.refused !== 'function')
    throw new Error(`Dialect ${name} needs "says.change" and "says.refused".`);
  for (const [event, heard] of Object.entries(hears))
    if (typeof heard?.does !== 'function' || typeof heard.reads?.safeParse !== 'function')
      throw new Error(`Event ${JSON.stringify(event)} of dialect ${name} is not described with hear(...).`);
  return Object.freeze({ name, namespace, audience, grain, tellsSelf, hears, routes, says, ...rest });
}

export { z };
