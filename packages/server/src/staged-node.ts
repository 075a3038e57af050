import type { Arrival } from './arrival.ts';
import { createAuthenticator, type Identity, identityOf } from './authenticate.ts';
import { type Clock, createManualClock, type ManualClock } from './clock.ts';
import type { Cluster } from './cluster/cluster.ts';
import { createSoloCluster } from './cluster/solo.ts';
import type { Connection } from './connection.ts';
import type { Dialect, Message } from './dialects/dialect.ts';
import { BUILT_IN_DIALECTS } from './dialects/index.ts';
import { native } from './dialects/native.ts';
import { createLogger, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createNode } from './node.ts';
import { completeOptions, type ServerOptions } from './options.ts';
import { createMemoryStore } from './stores/memory.ts';
import type { Store } from './stores/store.ts';
import type { Fragment, Link } from './transports/link.ts';

/*
 * For tests: a whole node whose time is moved by hand, with links that only remember what they were given. Everything between is real.
 */

/** A link that keeps what it was told; `held` stands for bytes that its reader has not taken. */
export class RecordingLink implements Link {
  readonly transport = 'simulated';
  readonly encoding: string;
  held = 0;
  readonly said: Message[] = [];
  /** One entry a write: the changes that it carried. */
  readonly told: unknown[][] = [];
  readonly closed: { code: number; retryAfterMs: number | undefined }[] = [];
  static encodings = 0;

  constructor(encoding = 'simulated') {
    this.encoding = encoding;
  }

  bufferedBytes(): number {
    return this.held;
  }

  say(messages: readonly Message[]): void {
    // As a wire would: what cannot be written as JSON cannot be said.
    for (const message of messages) this.said.push(JSON.parse(JSON.stringify(message)));
  }

  encode(message: Message): Fragment {
    RecordingLink.encodings += 1;
    return JSON.stringify(message);
  }

  tell(fragments: readonly Fragment[]): void {
    this.told.push(fragments.map((fragment) => JSON.parse(String(fragment))));
  }

  close(code: number, retryAfterMs?: number): void {
    this.closed.push({ code, retryAfterMs });
  }

  /** All changes told since the last call, in order. */
  takeTold(): unknown[] {
    return this.told.splice(0).flat();
  }
}

/** Lets everything that is already decided happen; no time passes. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A log of errors alone, and the lines that were written to it. */
export function keptLog(clock: Clock): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const target = { write: (line: string) => void lines.push(line) };
  return { log: createLogger({ logLevel: 'error', logPretty: false, clock, hashKey: 'k', target }), lines };
}

interface StagedParts {
  store?: Store;
  dialects?: readonly Dialect[];
  clock?: ManualClock;
  incarnation?: string;
  idleUsersMax?: number;
  cluster?: Cluster;
}

export async function stageNode(
  given: Partial<ServerOptions> = {},
  {
    store = createMemoryStore(),
    dialects = [],
    clock = createManualClock(),
    incarnation = 'n1',
    idleUsersMax = 1_000,
    cluster = createSoloCluster(),
  }: StagedParts = {},
) {
  const options = completeOptions({ store: 'memory', jwtSecret: 'x'.repeat(40), logLevel: 'silent', ...given });
  const { log, lines } = keptLog(clock);
  const node = createNode({
    options,
    clock,
    store,
    cluster,
    authenticator: createAuthenticator({ ...options, clock }),
    dialects: [...BUILT_IN_DIALECTS, ...dialects],
    log,
    metrics: createMetrics(),
    incarnation,
    idleUsersMax,
  });
  await node.start();

  const connect = async (user: string | Identity | null, arrival: Partial<Arrival> & { link?: RecordingLink } = {}) => {
    const link = arrival.link ?? new RecordingLink();
    const identity = typeof user === 'string' ? identityOf(user) : user;
    const connection = await node.gateway.connect({ identity, dialects: [native], address: '::1', deviceKey: null, ...arrival, link });
    return { connection, link };
  };
  /** Sends a message, and resolves when it was answered. */
  const send = async (connection: Connection, event: string, payload?: unknown): Promise<unknown> => {
    let answer: unknown;
    node.dispatcher.message(connection, event, payload, (given) => {
      answer = given;
    });
    await turn();
    await turn();
    return answer;
  };
  return { node, clock, options, lines, connect, send, dialect: (name: string) => node.parts.dialects.find((each) => each.name === name)! };
}

export type StagedNode = Awaited<ReturnType<typeof stageNode>>;
