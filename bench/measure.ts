import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts process times in hundredths of a second for every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds and memory of a process and its descendants, as the operating system counts them. */
export interface ProcessUse {
  cpuSeconds: number;
  rssBytes: number;
  /** Shared pages counted in proportion; 0 where the system does not tell. */
  pssBytes: number;
}

interface Stat {
  parent: number;
  ticks: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses and may hold spaces, so counting starts after it: parent is field 4, utime 14, stime 15.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}

function family(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    if (stat === undefined) continue;
    const siblings = children.get(stat.parent);
    if (siblings === undefined) children.set(stat.parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  const members = [pid];
  for (let index = 0; index < members.length; index++) members.push(...(children.get(members[index]!) ?? []));
  return members;
}

function kilobytes(pid: number, file: string, field: string): number {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
    return match === null ? 0 : Number(match[1]) * 1_024;
  } catch {
    return 0;
  }
}

/** Time on a core of all threads of a process, in nanoseconds; undefined where the kernel does not keep it. */
function nanosecondsOf(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]), 0);
  } catch {
    return undefined;
  }
}

/**
 * User and system time of a process and its descendants since they started, in seconds. From the scheduler where it counts, because a
 * hundredth of a second is a tenth of a short round; threads that have ended are then missing, and Node's do not end.
 */
export function cpuSecondsOf(pid: number): number {
  return family(pid).reduce((sum, member) => {
    const nanoseconds = nanosecondsOf(member);
    return sum + (nanoseconds === undefined ? (statOf(member)?.ticks ?? 0) / TICKS_PER_SECOND : nanoseconds / 1e9);
  }, 0);
}

/** Memory and CPU of a process and its descendants. */
export function processUseOf(pid: number): ProcessUse {
  const members = family(pid);
  return {
    cpuSeconds: cpuSecondsOf(pid),
    rssBytes: members.reduce((sum, member) => sum + kilobytes(member, 'status', 'VmRSS'), 0),
    pssBytes: members.reduce((sum, member) => sum + kilobytes(member, 'smaps_rollup', 'Pss'), 0),
  };
}

/** The middle of several runs and how far they lie apart. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  runs: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return {
    median: sorted.length === 0 ? Number.NaN : median,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
    runs: sorted.length,
  };
}
