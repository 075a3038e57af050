import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@porchlight/server';
import { type ServerProcess, spawnServer } from '../real-server.ts';
import { type Bystanders, settleBystanders } from './bystanders.ts';
import { type Prober, startProber } from './prober.ts';
import { leaksBetween, readVitalSigns, type VitalSigns } from './vital-signs.ts';
import { waitedMs } from './waited.ts';

/** A server in a process of its own, with everybody in place who notices when it suffers. */
export interface Target {
  readonly server: ServerProcess;
  /** What shows by now, without asking the server anything: its end, its log, its slowness. */
  distress(): string | undefined;
  vitalSigns(): Promise<VitalSigns>;
  /** Waits until all that was fuzzed has gone, and says what the bystanders felt and what was left behind. */
  examine(): Promise<string[]>;
  readonly slowestMs: number;
  /** How long this machine has let the server, and whoever talks to it, wait for a processor. */
  machineTookMs(): number;
  stop(): Promise<void>;
}

/** Keys of back ends: the fuzzer's tenant is nobody's, the judge sees the bystanders. */
export const FUZZ_KEY = 'the-key-that-everybody-may-fuzz';
const JUDGE_KEY = 'the-key-that-only-the-judge-has';

export const GRACE_MS = 500;
const LEASE_MS = 3_000;
export const HANG_MS_MAX = 1_000;
const EMPTY_WITHIN_MS = 30_000;

const OPTIONS = {
  apiKey: [`backoffice:${FUZZ_KEY}`, JUDGE_KEY],
  graceMs: GRACE_MS,
  leaseMs: LEASE_MS,
  awayAfterMs: 86_400_000,
  authDeadlineMs: 2_000,
  headersTimeoutMs: 3_000,
  requestTimeoutMs: 4_000,
  pingIntervalMs: 3_000,
  pingTimeoutMs: 3_000,
  slowReaderMs: 1_000,
  // So that memory is not filled by what is meant to be remembered.
  tokenCacheMax: 2_000,
  connectionsPerUserMax: 100_000,
  connectsPerMinuteMax: 100_000_000,
  messagesPerMinuteMax: 100_000_000,
  changesPerMinuteMax: 100_000_000,
  heartbeatsPerMinuteMax: 100_000_000,
  idsPerMinuteMax: 1_000_000_000,
  connectsBurstMax: 100_000_000,
  messagesBurstMax: 100_000_000,
  changesBurstMax: 100_000_000,
  heartbeatsBurstMax: 100_000_000,
  idsBurstMax: 1_000_000_000,
} as const;

export async function startTarget(program: string, clock: Clock, more: Readonly<Record<string, string>> = {}): Promise<Target> {
  const data = mkdtempSync(join(tmpdir(), 'porchlight-fuzz-'));
  const collect = new URL('../collect-on-signal.ts', import.meta.url).href;
  const server = await spawnServer(program, { ...OPTIONS, data, ...more }, ['--import', collect]);
  let ended: number | NodeJS.Signals | undefined;
  void server.ended.then((code) => {
    ended = code;
  });
  const { url, port, token, pid, output } = server;
  const prober: Prober = await startProber(server);
  const bystanders: Bystanders = await settleBystanders({ url, port, token, clock, apiKey: JUDGE_KEY });
  const vitalSigns = async () => {
    server.signal('SIGUSR2');
    return readVitalSigns(url, pid);
  };
  const before = await vitalSigns();
  const distress = () => {
    if (ended !== undefined) return `the process ended (${ended}): ${output.stderr.slice(-2_000)}`;
    // At this level a healthy server writes nothing.
    const complaint = output.stderr.split('\n').find((line) => line !== '' && !line.includes('ExperimentalWarning'));
    if (complaint !== undefined) return `the log holds ${complaint.slice(0, 2_000)}`;
    return prober.slowestMs > HANG_MS_MAX ? `/healthz took ${prober.slowestMs} ms` : undefined;
  };
  return {
    server,
    distress,
    vitalSigns,
    get slowestMs() {
      return prober.slowestMs;
    },
    machineTookMs: () => waitedMs(pid) + waitedMs('this thread'),
    examine: async () => {
      const complaints = await bystanders.complaints();
      let leaks: string[] = [];
      const giveUpAt = clock.now() + EMPTY_WITHIN_MS;
      do {
        await new Promise<void>((done) => void clock.alarm(clock.now() + 500, done));
        leaks = leaksBetween(before, await vitalSigns());
      } while (leaks.length > 0 && clock.now() < giveUpAt);
      return [...complaints, ...leaks];
    },
    stop: async () => {
      bystanders.leave();
      await prober.stop();
      server.signal('SIGKILL');
      await server.ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}
