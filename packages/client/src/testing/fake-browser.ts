import type { Channel, Environment, Locks, Signal } from '../environment.ts';
import type { ManualClock } from './manual-clock.ts';
import type { ScriptedServer } from './scripted-server.ts';

/** One tab of the browser, as the world does things to it. */
export interface FakeTab {
  readonly environment: Environment;
  readonly clock: ManualClock;
  signal(signal: Signal): void;
  /** Its code stops as a stuck page's does: it keeps its lock, and hears what it missed when it thaws. */
  hang(): void;
  thaw(): void;
  /** Its process ends: locks are given back, sockets break, nobody is told. */
  crash(): void;
}

interface Process {
  hung: boolean;
  dead: boolean;
  later: (() => void)[];
  crashed: (() => void)[];
}

interface Request {
  process: Process;
  granted: () => Promise<void> | undefined | void;
  resolve: () => void;
  reject: (error: Error) => void;
}

const abortError = () => new DOMException('The request was aborted.', 'AbortError');

/** Web Locks and BroadcastChannel by the rules of their standards, among tabs that can hang and crash. */
export function createFakeBrowser(clock: ManualClock, server: ScriptedServer) {
  const held = new Map<string, Request>();
  const queues = new Map<string, Request[]>();
  const channels = new Set<{ name: string; process: Process; channel: Channel }>();
  let tabs = 0;

  const run = (process: Process, work: () => void) => {
    if (process.dead) return;
    if (process.hung) process.later.push(work);
    else work();
  };

  const grant = (name: string) => {
    if (held.has(name)) return;
    const next = queues.get(name)?.shift();
    if (next === undefined) return;
    held.set(name, next);
    queueMicrotask(() => run(next.process, () => hold(name, next)));
  };

  const hold = (name: string, request: Request) => {
    const release = () => {
      if (held.get(name) === request) held.delete(name);
      request.resolve();
      grant(name);
    };
    void Promise.resolve(request.granted()).then(release, release);
  };

  const locksOf = (process: Process): Locks => ({
    request(name, { signal, steal }, granted) {
      return new Promise<void>((resolve, reject) => {
        if (signal && steal) throw new DOMException('Not both', 'NotSupportedError');
        const request = { process, granted, resolve, reject };
        const queue = queues.get(name) ?? [];
        queues.set(name, queue);
        if (steal) {
          const robbed = held.get(name);
          held.delete(name);
          if (robbed) queueMicrotask(() => run(robbed.process, () => robbed.reject(abortError())));
          queue.unshift(request);
        } else queue.push(request);
        signal?.addEventListener('abort', () => {
          const place = queue.indexOf(request);
          if (place < 0) return;
          queue.splice(place, 1);
          reject(abortError());
        });
        grant(name);
      });
    },
  });

  const crash = (process: Process) => {
    process.dead = true;
    for (const each of process.crashed) each();
    for (const entry of [...channels]) if (entry.process === process) channels.delete(entry);
    for (const queue of queues.values()) for (const each of [...queue]) if (each.process === process) queue.splice(queue.indexOf(each), 1);
    for (const [name, request] of [...held])
      if (request.process === process) {
        held.delete(name);
        grant(name);
      }
  };

  const channelOf = (process: Process, name: string): Channel => {
    const channel: Channel = {
      onmessage: null,
      postMessage(message) {
        const data = structuredClone(message);
        for (const other of channels)
          if (other.name === name && other.channel !== channel)
            queueMicrotask(() => run(other.process, () => channels.has(other) && other.channel.onmessage?.({ data })));
      },
      close: () => void channels.delete(entry),
    };
    const entry = { name, process, channel };
    channels.add(entry);
    return channel;
  };

  return {
    /** The locks that are held now. */
    heldLocks: () => [...held.keys()],
    tab(): FakeTab {
      const process: Process = { hung: false, dead: false, later: [], crashed: [] };
      const random = seeded(++tabs);
      let hear: (signal: Signal) => void = () => {};
      return {
        signal: (signal) => hear(signal),
        hang() {
          process.hung = true;
        },
        thaw() {
          process.hung = false;
          for (const work of process.later.splice(0)) work();
        },
        crash: () => crash(process),
        clock: { ...clock, after: (ms, ring) => clock.after(ms, () => run(process, ring)) },
        environment: {
          open(url) {
            const socket = server.open(url);
            const far = server.last();
            process.crashed.push(() => far.cut());
            return guarded(socket, (work) => run(process, work));
          },
          listen(listener) {
            hear = listener;
            return () => {
              hear = () => {};
            };
          },
          random,
          sharing: { locks: locksOf(process), channel: (name) => channelOf(process, name) },
          device: { id: 'device', description: { platform: 'web' } },
        },
      };
    },
  };
}

/** Delivers the events of a socket as its page can take them. */
function guarded(socket: ReturnType<Environment['open']>, run: (work: () => void) => void): typeof socket {
  const near = {
    ...socket,
    onopen: null as typeof socket.onopen,
    onmessage: null as typeof socket.onmessage,
    onclose: null as typeof socket.onclose,
    send: (text: string) => socket.send(text),
    close: (code: number) => socket.close(code),
  };
  socket.onopen = (event) => run(() => near.onopen?.(event));
  socket.onmessage = (event) => run(() => near.onmessage?.(event));
  socket.onclose = (event) => run(() => near.onclose?.(event));
  return near;
}

/** Repeatable chance: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
