import { readFileSync } from 'node:fs';

/**
 * How long the main thread of a process, or this thread, has been ready to run and had no processor, milliseconds: what the machine took, and
 * not the program. 0 where the system does not say.
 */
export function waitedMs(who: number | 'this thread'): number {
  try {
    const [, waitedNs = '0'] = readFileSync(`/proc/${who === 'this thread' ? 'thread-self' : who}/schedstat`, 'utf8').split(' ');
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
