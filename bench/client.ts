import { once } from 'node:events';
import { createPresence, type Presence, plainEnvironment } from '@porchlight/client';
import type { PresenceRecord, ServerFrame } from '@porchlight/protocol';
import { WebSocketServer } from 'ws';

/*
 * What the client costs a page that watches 10,000 users: `node --expose-gc bench/client.ts [users]`. A server of frames in this process answers
 * at once, so the times hold parsing, the store and the listeners, and the building of the frames beside them; each figure is a median.
 */

const USERS = Number(process.argv[2] ?? 10_000);
const CHANGES = 2_000;
const PAGE = 500;
const RUNS = 5;

type Unnumbered<Frame> = Frame extends unknown ? Omit<Frame, 'seq'> : never;

interface Figures {
  snapshotMs: number;
  changeMs: number;
  retainedBytes: number;
}

const idOf = (index: number) => `user-${index}`;
const record = (index: number, version: number): PresenceRecord => ({
  id: idOf(index),
  online: version % 2 === 1,
  status: version % 2 === 1 ? 'online' : 'offline',
  lastSeenAt: 1_750_000_000_000 + index,
  platforms: ['web'],
  version,
});

/** Welcomes, and answers what is watched in pages, as the server does. Gives how to say more to the last that connected. */
async function serveFrames() {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(sockets, 'listening');
  let say = (_frame: Unnumbered<ServerFrame>) => {};
  sockets.on('connection', (socket) => {
    let seq = 0;
    say = (frame) => socket.send(JSON.stringify({ ...frame, seq: ++seq }));
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as { type: string; request?: string; add?: string[] };
      if (frame.type === 'hello') say(welcome);
      if (frame.type !== 'watch' || frame.add === undefined) return;
      for (let from = 0; from < frame.add.length; from += PAGE) {
        const presences = frame.add.slice(from, from + PAGE).map((id) => record(Number(id.slice('user-'.length)), 1));
        const ends = from + PAGE >= frame.add.length ? ({ end: true } as const) : {};
        say({ type: 'snapshot', at: Date.now(), request: frame.request ?? '', ...ends, presences });
      }
    });
  });
  const { port } = sockets.address() as { port: number };
  return { url: `ws://127.0.0.1:${port}`, say: (frame: Unnumbered<ServerFrame>) => say(frame), close: () => sockets.close() };
}

const welcome: Unnumbered<ServerFrame> = {
  type: 'welcome',
  session: 'a session',
  user: 'me',
  now: Date.now(),
  epoch: 'an epoch',
  resumed: false,
  thresholds: { awayAfterMs: 300_000, graceMs: 15_000, pingMs: 15_000, flushMs: 100 },
  limits: { frameBytesMax: 65_536, idsMax: 1_000, watchesMax: USERS },
};

function until(presence: Presence, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = presence.subscribe(() => {
      if (!isSo()) return;
      stop();
      resolve();
    });
  });
}

const heapBytes = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

async function measure(): Promise<Figures> {
  const server = await serveFrames();
  const before = heapBytes();
  const presence = createPresence({ url: server.url, token: 'a token', environment: plainEnvironment() });
  let heard = 0;
  await until(presence, () => presence.connection.name === 'open');
  // One listener a user, as a list with a row each has.
  const startedAt = performance.now();
  for (let index = 0; index < USERS; index++) presence.watch([idOf(index)], () => void heard++);
  await until(presence, () => heard === USERS);
  const snapshotMs = performance.now() - startedAt;
  const retainedBytes = heapBytes() - before;

  const changesAt = performance.now();
  for (let change = 0; change < CHANGES; change++)
    server.say({ type: 'changes', at: Date.now(), presences: [record((change * 7) % USERS, 2 + Math.floor((change * 7) / USERS))] });
  await until(presence, () => heard === USERS + CHANGES);
  const changeMs = (performance.now() - changesAt) / CHANGES;
  presence.close();
  server.close();
  return { snapshotMs, changeMs, retainedBytes };
}

const runs: Figures[] = [];
for (let run = 0; run < RUNS; run++) runs.push(await measure());
const median = (figure: keyof Figures) => runs.map((each) => each[figure]).sort((one, other) => one - other)[RUNS >> 1] as number;
console.log(`${USERS} watched users, a listener each, median of ${RUNS}`);
console.log(`first snapshot     ${median('snapshotMs').toFixed(1)} ms`);
console.log(`a change           ${median('changeMs').toFixed(4)} ms`);
if (globalThis.gc)
  console.log(
    `memory             ${(median('retainedBytes') / 1_048_576).toFixed(1)} MiB, ${Math.round(median('retainedBytes') / USERS)} bytes a user`,
  );
else console.log('memory             only with node --expose-gc');
process.exit(0);
