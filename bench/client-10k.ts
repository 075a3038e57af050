import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createPresence, type Presence } from '@porchlight/client';
import { spawnServer, tokenSigner } from '@porchlight/testkit/real-server';

/*
 * What the client costs a page that watches 10,000 users, each with a listener of its own, as a list with a row for each has:
 * `node --expose-gc bench/client-10k.ts [users]`. The server is the program, in a process of its own; the people who come and go are in a third, so
 * the CPU of this process is the client's. Figures are medians of several runs.
 */

const USERS = Number(process.argv[2] ?? 10_000);
const RUNS = 5;
/** Who is online from the beginning, and who then comes and goes. */
const ONLINE = 1_000;
const FLIPPERS = 200;
const ROUNDS = 10;
const AT_ONCE = 20;

const idOf = (index: number) => `user-${index}`;
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const heapBytes = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

function until(presence: Presence, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = presence.subscribe(() => {
      if (!isSo()) return;
      stop();
      resolve();
    });
    if (isSo()) resolve();
  });
}

interface Figures {
  snapshotMs: number;
  snapshotCpuMs: number;
  changeCpuMs: number;
  retainedBytes: number;
}

async function measure(url: string, watcher: string, people: (what: string) => Promise<void>): Promise<Figures> {
  await people('come');
  const before = heapBytes();
  const presence = createPresence({
    url,
    onError: (failure) => console.error(failure),
    token: tokenSigner({ now: Date.now })(watcher),
    autoConnect: false,
  });
  let changes = 0;
  presence.connect();
  await until(presence, () => presence.connection.name === 'open');

  const startedAt = performance.now();
  const startedCpuMs = cpuMs();
  for (let index = 0; index < USERS; index++) presence.watch([idOf(index)], () => void changes++);
  await until(presence, () => presence.all().size === USERS);
  const snapshotMs = performance.now() - startedAt;
  const snapshotCpuMs = cpuMs() - startedCpuMs;
  const online = [...presence.all().values()].filter((record) => record.online).length;
  if (online !== ONLINE) throw new Error(`${online} of ${ONLINE} are shown online.`);
  const retainedBytes = heapBytes() - before;

  changes = 0;
  const flippedCpuMs = cpuMs();
  await people('flip');
  // Everybody who came and went is gone in the end, and the last of them is told, too.
  await until(presence, () => Array.from({ length: FLIPPERS }, (_, index) => presence.get(idOf(index))).every((record) => !record?.online));
  const changeCpuMs = (cpuMs() - flippedCpuMs) / changes;
  presence.close();
  return { snapshotMs, snapshotCpuMs, changeCpuMs, retainedBytes };
}

/** In the third process: sends heartbeats and goodbyes for people when it is told to. */
function bePeople(url: string): void {
  const token = tokenSigner({ now: Date.now });
  const say = async (method: 'POST' | 'DELETE', user: string) => {
    const headers = { authorization: `Bearer ${token(user)}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/me/heartbeat`, { method, headers, ...(method === 'POST' && { body: '{}' }) });
    if (!response.ok) throw new Error(`${method} for ${user}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  };
  const all = async (method: 'POST' | 'DELETE', count: number) => {
    for (let from = 0; from < count; from += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => say(method, idOf(from + index))));
  };
  process.on('message', async (what) => {
    if (what === 'come') await all('POST', ONLINE);
    for (let round = 0; what === 'flip' && round < ROUNDS; round++) {
      await all('DELETE', FLIPPERS);
      if (round < ROUNDS - 1) await all('POST', FLIPPERS);
    }
    process.send?.('done');
  });
}

async function main(): Promise<void> {
  const limits = { watchesPerConnectionMax: USERS, watchesPerUserMax: USERS, idsBurstMax: USERS + 1, store: 'memory' };
  const rates = { heartbeatsPerMinuteMax: 100_000, messagesPerMinuteMax: 100_000 };
  const server = await spawnServer(fileURLToPath(new URL('../packages/server/src/cli.ts', import.meta.url)), { ...limits, ...rates });
  const child = fork(fileURLToPath(import.meta.url), ['people', server.url]);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The process of the people ended.')));
  const people = async (what: string) => {
    child.send(what);
    await Promise.race([once(child, 'message'), ended]);
  };
  const runs: Figures[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await measure(server.url, `watcher-${run}`, people));
  ended.catch(() => {});
  child.kill();
  server.signal('SIGTERM');
  await server.ended;

  const median = (figure: keyof Figures) => runs.map((each) => each[figure]).sort((one, other) => one - other)[RUNS >> 1] as number;
  console.log(`${USERS} watched users (${ONLINE} online), a listener each, median of ${RUNS} runs`);
  console.log(`first snapshot   ${median('snapshotMs').toFixed(0)} ms, ${median('snapshotCpuMs').toFixed(0)} ms of them CPU of the client`);
  console.log(`a change         ${median('changeCpuMs').toFixed(3)} ms CPU, from the socket to its listener`);
  const bytes = median('retainedBytes');
  console.log(
    globalThis.gc
      ? `memory           ${(bytes / 1_048_576).toFixed(1)} MiB, ${Math.round(bytes / USERS)} bytes a user`
      : 'memory           only with node --expose-gc',
  );
}

if (process.argv[2] === 'people') bePeople(process.argv[3] ?? '');
else await main();
