import { createServer } from 'node:net';
import { fetchKeys } from '../authenticate/key-set.ts';
import { readPublicKey } from '../authenticate/verification-key.ts';
import type { Clock } from '../clock.ts';
import { loadDialects } from '../load-dialects.ts';
import { OptionsError, type ServerOptions } from '../options.ts';
import { failureWords } from './failure-words.ts';
import { broken, type Finding, ok, suspicious } from './finding.ts';

const ANSWER_MS = 2_000;
const CLOCK_ERROR_MAX_MS = 60_000;

const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function checkPublicKey({ jwtPublicKey, jwtAlgorithm }: ServerOptions): Finding[] {
  if (jwtPublicKey === null) return [];
  try {
    return [ok(`Public key for ${readPublicKey(jwtPublicKey, jwtAlgorithm).algorithm}`)];
  } catch (error) {
    return [broken(wordsOf(error))];
  }
}

/** Whether the issuer's keys can be had, and whether its clock agrees with ours: both decide who may sign in. */
export async function checkKeySet({ jwksUrl, jwtAlgorithm }: ServerOptions, clock: Clock): Promise<Finding[]> {
  if (jwksUrl === null) return [];
  let issuerAt = Number.NaN;
  const fetchDated: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    issuerAt = Date.parse(response.headers.get('date') ?? '');
    return response;
  };
  try {
    const keys = await fetchKeys({ url: jwksUrl, rsaAlgorithm: jwtAlgorithm, fetch: fetchDated });
    if (keys.length === 0) return [broken(`${jwksUrl} holds no key that can be used here.`)];
    const algorithms = [...new Set(keys.map((key) => key.algorithm))].join(', ');
    const errorMs = Math.abs(issuerAt - clock.now());
    const findings = [ok(`Key set ${jwksUrl}: ${keys.length} ${keys.length === 1 ? 'key' : 'keys'} (${algorithms})`)];
    if (errorMs > CLOCK_ERROR_MAX_MS)
      findings.push(suspicious(`The clock differs from that of ${jwksUrl} by ${Math.round(errorMs / 1_000)} s.`));
    return findings;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return [broken(`The keys at ${jwksUrl} cannot be fetched: ${wordsOf(error)}${cause}`)];
  }
}

/** Loaded as `serve` does, for only then is it known that names, words and routes fit together. */
export async function checkDialects(options: ServerOptions): Promise<Finding[]> {
  try {
    return [ok(`Dialects: ${(await loadDialects(options)).map(({ name }) => name).join(', ') || 'none besides the native protocol'}`)];
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    return error.problems.map(broken);
  }
}

/** Listens for a moment on the port; undefined when that works. */
function listenOnce(host: string, port: number): Promise<Error | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', done);
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}

async function isHealthyServer(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  try {
    return (await fetch(`http://${reachable}:${port}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) })).ok;
  } catch {
    return false;
  }
}

export async function checkPort({ host, port }: ServerOptions): Promise<Finding[]> {
  const failure = await listenOnce(host, port);
  if (failure === undefined) return [ok(port === 0 ? `${host}: a free port will be taken` : `${host}:${port} is free`)];
  const isRunning = 'code' in failure && failure.code === 'EADDRINUSE' && (await isHealthyServer(host, port));
  return [isRunning ? suspicious(`A server that answers /healthz is already running on ${host}:${port}.`) : broken(failureWords(failure))];
}
