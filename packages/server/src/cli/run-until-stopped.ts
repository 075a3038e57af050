import type { Clock } from '../clock.ts';

export interface Stoppable {
  /** Says goodbye to clients, saves what is not saved yet, and lets go of everything. */
  close(): Promise<void>;
}

interface RunOptions {
  clock: Clock;
  /** Longest time for `close`. */
  shutdownMs: number;
  print(line: string): void;
  /** Takes an error that nobody caught. */
  report(error: unknown): void;
}

/**
 * Runs a server until the system or an operator stops it. The first SIGTERM or SIGINT closes it and exits 0; a second one exits 1 at once, for
 * those who cannot wait. An error that nobody caught leaves the process in a state that nobody knows: it is reported, what can be saved is, and
 * the exit is 1, so that whatever supervises the process starts a new one.
 */
export function runUntilStopped(server: Stoppable, { clock, shutdownMs, print, report }: RunOptions) {
  let stopping = false;

  async function stop(code: number) {
    stopping = true;
    // Should the event loop run empty before the server is closed, that is a failure as well.
    process.exitCode = 1;
    clock.alarm(clock.now() + shutdownMs, () => {
      print(`Not stopped after ${shutdownMs} ms (--shutdown-ms); giving up.`);
      process.exit(1);
    });
    try {
      await server.close();
      process.exit(code);
    } catch (error) {
      report(error);
      process.exit(1);
    }
  }

  function onSignal(signal: NodeJS.Signals) {
    if (stopping) process.exit(1);
    print(`${signal}: stopping; once more to stop at once.`);
    void stop(0);
  }

  function onUncaught(error: unknown) {
    report(error);
    if (!stopping) void stop(1);
  }

  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
}
