import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import {
  type Clock,
  completeOptions,
  createManualClock,
  createServer,
  createSystemClock,
  type ManualClock,
  type Server,
  type ServerOptions,
  type ServerOverrides,
} from '@porchlight/server';

/** The shared secret of every server started here. */
export const TEST_SECRET = 'a secret that only tests know, 40 bytes.';

/** Claims of a token beyond `sub`, `iat` and `exp`; those may be overridden too. */
export type Claims = Readonly<Record<string, unknown>>;

export type SignToken = (user: string | number, claims?: Claims) => string;

/** A server in this process, on a free port of loopback. */
export interface RealServer {
  readonly server: Server;
  readonly url: string;
  readonly port: number;
  /** Time stands still unless it is moved; only what a socket library does by itself goes by the machine's clock. */
  readonly clock: ManualClock;
  readonly token: SignToken;
  /** Whether a connection has yet to be told of a change: it waits for its bundle, or for a poll. */
  owes(): boolean;
  /** Connections whose link the server takes for alive. */
  linked(): number;
  /** Whether every link could take something right now: a polling client between two polls could not, and nothing shows when it is cut. */
  reachesAll(): boolean;
  close(): Promise<void>;
}

/** Limits that one test on one address would meet, while it tests something else. */
const ROOM = {
  connectsBurstMax: 100_000,
  connectionsPerAddressMax: 100_000,
  unauthenticatedPerAddressMax: 10_000,
  messagesBurstMax: 100_000,
  changesBurstMax: 100_000,
  heartbeatsBurstMax: 100_000,
} as const;

/** Under a clock that jumps, no answer to a ping would be in time. */
const PATIENT = { pingIntervalMs: 600_000, pingTimeoutMs: 600_000, signOfLifeMs: 3_600_000 } as const;

/** Tokens (HS256) that end a month after the clock's now. `user` may be a number, for a numeric `sub`. */
export function tokenSigner(clock: Pick<Clock, 'now'>, secret: string = TEST_SECRET): SignToken {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return (user, claims = {}) => {
    const iat = Math.floor(clock.now() / 1_000);
    const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: user, iat, exp: iat + 2_592_000, ...claims })}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
}

/** Starts the whole server in this process; memory store and a virtual clock unless said otherwise. */
export async function startServer(
  given: Partial<ServerOptions> = {},
  overrides: Omit<ServerOverrides, 'clock'> & { clock?: ManualClock } = {},
): Promise<RealServer> {
  const { clock = createManualClock(), ...parts } = overrides;
  const secret = given.auth === 'open' ? {} : { jwtSecret: TEST_SECRET };
  const options = completeOptions({ port: 0, store: 'memory', logLevel: 'silent', flushMs: 10, ...ROOM, ...PATIENT, ...secret, ...given });
  const server = await createServer(options, { clock, ...parts });
  const { url, port } = await server.listen();
  const links = () => [...server.node.gateway.connections()].filter(({ link }) => link !== null);
  return {
    server,
    url,
    port,
    clock,
    token: tokenSigner(clock),
    owes: () => links().some(({ dirty }) => dirty.size > 0),
    linked: () => links().length,
    reachesAll: () => links().every(({ link }) => link?.bufferedBytes() === 0),
    close: () => server.close(),
  };
}

/** A server in a process of its own: the program, as people start it. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
  readonly token: SignToken;
  /** From the start of the process to the printed address, milliseconds. */
  readonly startedInMs: number;
  readonly output: { stdout: string; stderr: string };
  signal(name: NodeJS.Signals): void;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Options by their flags' names in camel case (`graceMs`, `apiKey`); a list repeats its flag. */
export type Flags = Readonly<Record<string, string | number | readonly string[]>>;

const flagsFor = (options: Flags) =>
  Object.entries(options).flatMap(([name, given]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return (typeof given === 'object' ? given : [given]).map((value) => `${flag}=${value}`);
  });

/** Runs `porchlight serve` with these options and waits for the address it prints. Rejects when it ends before. */
export async function spawnServer(program: string, options: Flags, nodeFlags: readonly string[] = []): Promise<ServerProcess> {
  const startedAt = performance.now();
  const flags = flagsFor({ port: 0, jwtSecret: TEST_SECRET, logLevel: 'warn', ...ROOM, ...options });
  const child = spawn(process.execPath, [...nodeFlags, program, 'serve', ...flags], { env: { PATH: process.env.PATH ?? '' } });
  const output = { stdout: '', stderr: '' };
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  // Should whoever tests it fail halfway, it is not to live on alone.
  const killed = () => void child.kill('SIGKILL');
  process.once('exit', killed);
  void ended.then(() => process.off('exit', killed));
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const url = await new Promise<string>((found, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output.stdout += chunk.toString();
      const address = /Porchlight is on at (\S+)/.exec(output.stdout)?.[1];
      if (address !== undefined) found(address);
    });
    void ended.then((code) => failed(new Error(`serve ended (${code}) before it was on: ${output.stdout}${output.stderr}`)));
  });
  return {
    pid: child.pid ?? 0,
    url,
    port: Number(new URL(url).port),
    token: tokenSigner(createSystemClock()),
    startedInMs: performance.now() - startedAt,
    output,
    signal: (name) => void child.kill(name),
    ended,
  };
}
