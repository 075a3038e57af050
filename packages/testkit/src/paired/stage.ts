import { type Connection, createMemoryStore, createSoloCluster, type Dialect, signToken, type z } from '@porchlight/server';
import type { Random } from '../random.ts';
import { SimulatedLink } from '../simulation/simulated-link.ts';
import { JWT_SECRET, SIMULATED_DIALECTS, SIMULATED_OPTIONS, SimulatedProcess } from '../simulation/simulated-process.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { HttpCaller } from './http-caller.ts';
import { sample } from './sample.ts';

/** Everybody whom anybody here may name: two who are open, the viewer, the one with a secret, and nobody. */
export const VIEWER = 'viewer';
export const SECRET = 'secret';
export const IDS: readonly string[] = [VIEWER, 'xenia', 'yann', SECRET, 'nobody'];

/** One node, and who is connected to it. */
export class Stage {
  readonly time = new VirtualTime();
  readonly process: SimulatedProcess;
  readonly http: HttpCaller;
  readonly #connections = new Map<string, Connection>();
  readonly #heard: (speaker: string, text: string) => void;

  constructor(heard: (speaker: string, text: string) => void) {
    this.#heard = heard;
    this.process = new SimulatedProcess('paired', this.time, { store: () => createMemoryStore(), cluster: createSoloCluster });
    this.http = new HttpCaller(this.process.node);
  }

  token(tenant: string, user: string): string {
    const { clock } = this.process.machine;
    return signToken({ user, tenant, lifetimeMs: 86_400_000 }, { ...SIMULATED_OPTIONS, jwtSecret: JWT_SECRET, clock });
  }

  isConnected(tenant: string, user: string, dialect: Dialect): boolean {
    return this.#connections.get(`${tenant} ${user} ${dialect.name}`)?.closed === false;
  }

  async connect(tenant: string, user: string, dialect: Dialect): Promise<void> {
    const key = `${tenant} ${user} ${dialect.name}`;
    const { node } = this.process;
    const link = new SimulatedLink({
      said: (message) => this.#heard(user, `${key} ${JSON.stringify(message)}`),
      closed: (code) => this.#heard(user, `${key} closed ${code}`),
      wrote: () => {},
    });
    const identity = await node.gateway.identify(this.token(tenant, user));
    // A sign-out in this very second is told like any refusal.
    const connecting = node.gateway.connect({ link, identity, dialects: [dialect], address: `10.0.0.${user.length}`, deviceKey: key });
    await connecting.then(
      (connection) => this.#connections.set(key, connection),
      (error: Error) => this.#heard(user, `${key} refused ${error.message}`),
    );
  }

  /** Ends a connection: in good order, or not. */
  part(tenant: string, user: string, dialect: Dialect, how: 'left' | 'lost'): void {
    const connection = this.#connections.get(`${tenant} ${user} ${dialect.name}`);
    if (connection === undefined) return;
    connection.link?.close(1000);
    this.process.node.gateway[how](connection);
  }

  /** Says one of the words that a dialect understands, with something made up for it. */
  say(tenant: string, user: string, dialect: Dialect, random: Random, without: readonly string[] = []): void {
    const connection = this.#connections.get(`${tenant} ${user} ${dialect.name}`);
    const events = Object.keys(dialect.hears).filter((event) => !without.includes(event));
    if (connection === undefined || connection.closed || events.length === 0) return;
    const event = random.pick(events);
    const reads = dialect.hears[event]?.reads as z.ZodType;
    const payload = sample(reads, { random, self: user, ids: IDS, token: this.token(tenant, user) });
    this.process.node.dispatcher.message(connection, event, payload, (answer) =>
      this.#heard(user, `${tenant} ${user} ${dialect.name} ${event} acknowledged ${JSON.stringify(answer)}`),
    );
  }

  /** The dialects that connections speak. */
  static readonly dialects = SIMULATED_DIALECTS.filter(({ hears }) => Object.keys(hears).length > 0);
}
