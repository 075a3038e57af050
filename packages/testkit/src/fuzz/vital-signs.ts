import { readdirSync, readFileSync } from 'node:fs';

/** What a server holds; all of it but memory must be as before once everybody has gone. */
export interface VitalSigns {
  readonly connections: number;
  readonly unauthenticated: number;
  readonly sessions: number;
  readonly watches: number;
  readonly files: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
}

const MIB = 1_048_576;

const scrape = async (url: string) => (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();

/** Messages that the server took, by dialect, and what it refused, by code: whether the inputs meant anything to it. */
export async function readUnderstood(url: string): Promise<Readonly<Record<string, number>>> {
  const found = (await scrape(url)).matchAll(/^porchlight_(?:messages|errors)_total\{(?:dialect|code)="([^"]+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map((match) => [match[1] as string, Number(match[2])]));
}

/** Reads them from `/metrics` and from the system's own tables of the process. */
export async function readVitalSigns(url: string, pid: number): Promise<VitalSigns> {
  const text = await scrape(url);
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((total, match) => total + Number(match[1]), 0);
  return {
    connections: sum('porchlight_connections'),
    unauthenticated: sum('porchlight_unauthenticated'),
    sessions: sum('porchlight_sessions'),
    watches: sum('porchlight_watches'),
    files: openFiles(pid),
    heapMiB: sum('nodejs_heap_size_used_bytes') / MIB,
    residentMiB: residentMiB(pid),
  };
}

export function residentMiB(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1] ?? Number.NaN) / 1_024;
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

const COUNTED = ['connections', 'unauthenticated', 'sessions', 'watches'] as const;
/** Keep-alive connections of whoever measures, and the like. */
const FILES_SPARE = 6;

/** What is still there that was not before; empty when all is as it was. */
export function leaksBetween(before: VitalSigns, after: VitalSigns): string[] {
  const leaks = COUNTED.filter((name) => after[name] !== before[name]).map(
    (name) => `${name}: ${before[name]} before, ${after[name]} after`,
  );
  if (after.files > before.files + FILES_SPARE) leaks.push(`open files: ${before.files} before, ${after.files} after`);
  return leaks;
}
