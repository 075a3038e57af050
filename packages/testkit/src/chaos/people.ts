import type { Clock } from '@porchlight/server';
import type { Random } from '../random.ts';
import { connectNative, connectRaw, type RawClient } from '../raw-client.ts';
import type { SignToken } from '../real-server.ts';

export interface PeopleOptions {
  readonly port: number;
  readonly token: SignToken;
  readonly clock: Clock;
  readonly random: Random;
  /** After a loss without a word they come back within so long, each at a moment of its own. */
  readonly returnWithinMs: number;
}

/** Somebody who is connected, and comes back whenever the connection is lost, as the client library does. */
export interface Person {
  readonly user: string;
  readonly isConnected: boolean;
  /** How often the connection was lost. */
  readonly losses: number;
  leave(): void;
}

const RETRY_MS = 300;

/** Resolves once connected; `connect` is asked for each new connection, and given what to call when that is lost. */
async function stay(
  user: string,
  options: PeopleOptions,
  connect: (lost: (retryAfterMs?: number) => void) => Promise<RawClient>,
): Promise<Person> {
  const { clock, random, returnWithinMs } = options;
  const state = { client: undefined as RawClient | undefined, losses: 0, isLeaving: false };
  const open = async () => {
    state.client = await connect((retryAfterMs = random.below(returnWithinMs)) => {
      state.losses += 1;
      if (!state.isLeaving) clock.alarm(clock.now() + retryAfterMs, () => void retry());
    });
  };
  const retry = async () => {
    while (!state.isLeaving) {
      try {
        return await open();
      } catch {
        await new Promise<void>((done) => void clock.alarm(clock.now() + RETRY_MS / 2 + random.below(RETRY_MS), done));
      }
    }
  };
  await open();
  return {
    user,
    get isConnected() {
      return state.client?.isOpen === true;
    },
    get losses() {
      return state.losses;
    },
    leave: () => {
      state.isLeaving = true;
      state.client?.socket.destroy();
    },
  };
}

/** Somebody on the native protocol, who watches `watched` from each connection on; `hear` is given every frame. */
export function nativePerson(
  user: string,
  options: PeopleOptions,
  watched: readonly string[] = [],
  hear?: (text: string) => void,
): Promise<Person> {
  return stay(user, options, async (lost) => {
    let retryAfterMs: number | undefined;
    const client = await connectNative(
      options.port,
      { token: options.token(user), ...(watched.length > 0 && { watchOnly: true }) },
      {
        text(text) {
          hear?.(text);
          if (text.startsWith('{"type":"bye"')) retryAfterMs = (JSON.parse(text) as { retryAfterMs?: number }).retryAfterMs;
        },
        closed: () => lost(retryAfterMs),
      },
    );
    if (watched.length > 0) client.sendText(JSON.stringify({ type: 'watch', set: watched }));
    return client;
  });
}

/** Somebody on the gateway's namespace, where everybody is told of everybody. */
export function gatewayPerson(user: string, options: PeopleOptions, hear: (event: string) => void): Promise<Person> {
  return stay(user, options, (lost) =>
    connectRaw(
      options.port,
      '/socket.io/?EIO=4&transport=websocket',
      {},
      {
        text(text, client) {
          if (text === '2') client.sendText('3');
          else if (text.startsWith('0{')) client.sendText(`40/ws/messages,${JSON.stringify({ token: options.token(user) })}`);
          else if (text.startsWith('42/ws/messages,')) hear(text.slice('42/ws/messages,'.length));
        },
        closed: () => lost(),
      },
    ),
  );
}

/** Does something for each, a few at a time. */
export async function forAll<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as Item, index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
