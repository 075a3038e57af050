import { startServer } from '@porchlight/testkit/real-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SPEAKER_NAMES, SPEAKERS } from './speakers.ts';
import { worldOpener } from './world.ts';

const open = worldOpener(startServer, onTestFinished);

/** Every ordered pair, a dialect with itself included. */
const PAIRS = SPEAKER_NAMES.flatMap((from) => SPEAKER_NAMES.map((to) => ({ from, to })));

describe('[S19.8] one engine, every pair of dialects: online, away, offline', () => {
  test('there are 36', () => expect(PAIRS).toHaveLength(36));

  test.each(PAIRS)('$from → $to', async ({ from, to }) => {
    const world = await open('websocket');
    const watcher = await SPEAKERS[to].watcher(world, 'actor');
    const actor = SPEAKERS[from].actor(world, 'actor');
    await actor.online();
    await watcher.tellsOnline();
    await actor.away();
    await watcher.tellsAway();
    await actor.offline();
    await watcher.tellsOffline();
  });
});
