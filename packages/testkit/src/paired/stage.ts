import {
  type Connection,
  createMemoryStore,
  createSoloCluster,
  type Dialect,
  type Message,
  native,
  signToken,
  type z,
} from '@porchlight/server';
import type { Random } from '../random.ts';
import { OPCODES } from '../raw-websocket.ts';
import { SimulatedLink } from '../simulation/simulated-link.ts';
import { JWT_SECRET, SIMULATED_DIALECTS, SIMULATED_OPTIONS, SimulatedProcess } from '../simulation/simulated-process.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { HttpCaller } from './http-caller.ts';
import { NativeWire } from './native-wire.ts';
import { sample } from './sample.ts';

/** Everybody whom anybody here may name: two who are open, the viewer, the one with a secret, and nobody. */
export const VIEWER = 'viewer';
export const SECRET = 'secret';
export const IDS: readonly string[] = [VIEWER, 'xenia', 'yann', SECRET, 'nobody'];

/** So short that many begin while a world lasts; nobody may be online for longer without a sign of life. */
export const BUCKET_MS = 60_000;

/** Called with every message that somebody gets; `bytes` are those of the native protocol. */
type Heard = (user: string, dialect: string, message: Message, bytes?: string) => void;

/** Streams pass things on in turns of the event loop. */
const breath = async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** One node, and who is connected to it. */
export class Stage {
  readonly time = new VirtualTime();
  readonly process: SimulatedProcess;
  readonly http: HttpCaller;
  readonly #connections = new Map<string, Connection>();
  readonly #heard: Heard;
  /** The viewer's native connection. */
  readonly #wire: NativeWire;
  #wireCount = 0;

  constructor(heard: Heard) {
    this.#heard = heard;
    this.process = new SimulatedProcess('paired', this.time, {
      store: () => createMemoryStore(),
      cluster: createSoloCluster,
      options: { lastSeenBucketMs: BUCKET_MS, leaseMs: BUCKET_MS },
    });
    this.http = new HttpCaller(this.process.node);
    this.#wire = new NativeWire(this.process.node, (opcode, text) => {
      const frame = opcode === OPCODES.text ? (JSON.parse(text) as { type: string }) : { type: `opcode ${opcode}` };
      heard(VIEWER, native.name, [frame.type, frame], text);
    });
  }

  token(tenant: string, user: string): string {
    const { clock } = this.process.machine;
    return signToken({ user, tenant, lifetimeMs: 86_400_000 }, { ...SIMULATED_OPTIONS, jwtSecret: JWT_SECRET, clock });
  }

  isConnected(tenant: string, user: string, dialect: Dialect): boolean {
    if (user === VIEWER && dialect === native) return this.#wire.isOpen;
    return this.#connections.get(`${tenant} ${user} ${dialect.name}`)?.closed === false;
  }

  async connect(tenant: string, user: string, dialect: Dialect): Promise<void> {
    const key = `${tenant} ${user} ${dialect.name}`;
    if (user === VIEWER && dialect === native) return this.#openWire();
    const { node } = this.process;
    const link = new SimulatedLink({
      said: (message) => this.#heard(user, dialect.name, message),
      closed: (code) => this.#heard(user, dialect.name, ['closed', code]),
      wrote: () => {},
    });
    const identity = await node.gateway.identify(this.token(tenant, user));
    // A sign-out in this very second is told like any refusal.
    const connecting = node.gateway.connect({ link, identity, dialects: [dialect], address: `10.0.0.${user.length}`, deviceKey: key });
    await connecting.then(
      (connection) => this.#connections.set(key, connection),
      (error: Error) => this.#heard(user, dialect.name, ['refused', error.message]),
    );
  }

  /** Ends a connection: in good order, or not. False when there is none. */
  part(tenant: string, user: string, dialect: Dialect, how: 'left' | 'lost'): boolean {
    if (!this.isConnected(tenant, user, dialect)) return false;
    if (user === VIEWER && dialect === native) {
      if (how === 'left') this.#wire.say({ type: 'leave' });
      else this.#wire.cut();
      return true;
    }
    const connection = this.#connections.get(`${tenant} ${user} ${dialect.name}`) as Connection;
    connection.link?.close(1000);
    this.process.node.gateway[how](connection);
    return true;
  }

  /** Says one of the words that a dialect understands, with something made up for it; connects first. False when it could not be said. */
  async say(tenant: string, user: string, dialect: Dialect, event: string, random: Random): Promise<boolean> {
    if (!this.isConnected(tenant, user, dialect)) await this.connect(tenant, user, dialect);
    if (!this.isConnected(tenant, user, dialect)) return false;
    const reads = dialect.hears[event]?.reads as z.ZodType;
    const payload = sample(reads, { random, self: user, ids: IDS, token: this.token(tenant, user) });
    if (user === VIEWER && dialect === native) this.#wire.say({ ...(payload as object), type: event });
    else
      this.process.node.dispatcher.message(
        this.#connections.get(`${tenant} ${user} ${dialect.name}`) as Connection,
        event,
        payload,
        (answer) => this.#heard(user, dialect.name, [`${event} acknowledged`, answer]),
      );
    return reads.safeParse(payload).success;
  }

  async #openWire(): Promise<void> {
    this.#wireCount += 1;
    this.#wire.open({
      token: this.token('default', VIEWER),
      client: { platform: 'web', screen: 'Home' },
      // Some come as the device that was there before, some only look on.
      ...(this.#wireCount % 2 === 0 && { deviceId: 'page' }),
      ...(this.#wireCount % 5 === 0 && { watchOnly: true }),
    });
    await breath();
  }

  /** The dialects that connections speak. */
  static readonly dialects = SIMULATED_DIALECTS.filter(({ hears }) => Object.keys(hears).length > 0);
}
