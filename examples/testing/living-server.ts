import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock, type ServerOptions } from '@porchlight/server';
import { type SignToken, startServer } from '@porchlight/testkit/real-server';

const TICK_MS = 10;

/** A server whose time goes along with the machine's, as the browsers' does; SQLite outlives its restarts. */
export interface LivingServer {
  readonly url: string;
  /** Links of this user that are open right now: WebSockets, counted at the server. */
  linksOf(user: string): number;
  /** The most links of this user that were open together, as seen at every tick since the last call. */
  mostLinksOf(user: string): number;
  /** The longest that this user had no link at all since the last call of `mostLinksOf`, in milliseconds. */
  longestGapMsOf(user: string): number;
  readonly token: SignToken;
  /** Stops it in good order, and starts it again on the same port with the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface Tally {
  most: number;
  gapMs: number;
  longestGapMs: number;
}

export async function startLivingServer(options: Partial<ServerOptions>): Promise<LivingServer> {
  const data = mkdtempSync(join(tmpdir(), 'porchlight-browsers-'));
  const clock = createManualClock(Date.now());
  const start = (port: number) => startServer({ ...options, port, playground: true, store: 'sqlite', data }, { clock });
  const tallies = new Map<string, Tally>();
  let running = await start(0);
  const { port, url } = running;
  const linksOf = (user: string) =>
    [...running.server.node.gateway.connections()].filter(({ link, identity }) => link !== null && identity?.user === user).length;

  const count = (user: string, tally: Tally, elapsedMs: number) => {
    const links = linksOf(user);
    tally.most = Math.max(tally.most, links);
    tally.gapMs = links === 0 ? tally.gapMs + elapsedMs : 0;
    tally.longestGapMs = Math.max(tally.longestGapMs, tally.gapMs);
  };

  let movedAt = Date.now();
  const moving = setInterval(() => {
    const elapsedMs = Date.now() - movedAt;
    movedAt += elapsedMs;
    clock.advance(elapsedMs);
    for (const [user, tally] of tallies) count(user, tally, elapsedMs);
  }, TICK_MS);

  return {
    url,
    linksOf,
    mostLinksOf(user) {
      const { most } = tallies.get(user) ?? { most: 0 };
      tallies.set(user, { most: 0, gapMs: 0, longestGapMs: 0 });
      return most;
    },
    longestGapMsOf: (user) => tallies.get(user)?.longestGapMs ?? 0,
    token: (...given) => running.token(...given),
    async restart() {
      await running.close();
      running = await start(port);
    },
    async close() {
      clearInterval(moving);
      await running.close();
      rmSync(data, { recursive: true });
    },
  };
}
