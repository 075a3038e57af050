import { native } from '@porchlight/server';
import { expect, test } from 'vitest';
import { hide, reveal } from './paired/courses.ts';
import { SECRET, Stage, VIEWER } from './paired/stage.ts';
import { COURSES, playPair, untried } from './paired-worlds.ts';
import { createRandom } from './random.ts';

test('[I6] [I6b] [I6c] what somebody does who is hidden changes no byte and no time of what the viewer gets, whatever the viewer tries', async () => {
  const succeeded = new Set<string>();
  let bucketLines = 0;
  for (let seed = 1; seed <= 4; seed += 1)
    for (const course of COURSES) {
      const result = await playPair(seed, course);
      expect(result.trouble, `seed ${seed}, ${course.secrecy} ${course.lasts}`).toBeUndefined();
      expect(result.lines).toBeGreaterThan(50);
      for (const each of result.succeeded) succeeded.add(each);
      bucketLines += result.bucketLines;
    }
  expect(bucketLines).toBeGreaterThan(20);
  // A route, an event or a frame that is new and never tried here is one that nothing is shown of.
  expect(await untried(succeeded)).toEqual([]);
}, 60_000);

test('[I6b] whoever stops hiding is told of once to each who watches, with no time from before', async () => {
  const frames: string[] = [];
  const stage = new Stage(
    (user, dialect, _message, bytes) => void (user === VIEWER && dialect === 'native' && bytes?.startsWith('{') && frames.push(bytes)),
  );
  await stage.process.start();
  const random = createRandom(1);
  await stage.connect('default', VIEWER, native);
  await stage.connect('default', SECRET, native);
  while (!frames.some((frame) => frame.includes('"snapshot"') && frame.includes(`"id":"${SECRET}","online":true`))) {
    await stage.say('default', VIEWER, native, 'watch', random);
    await stage.time.run(1_000);
  }
  await hide(stage, { secrecy: 'invisible', lasts: 'for a while' });
  await stage.time.run(60_000);
  frames.splice(0);
  const shownAt = stage.time.now();
  await reveal(stage);
  await stage.time.run(60_000);
  const told = frames.flatMap((frame) => JSON.parse(frame).presences ?? []).filter(({ id }: { id: string }) => id === SECRET);
  expect(told).toMatchObject([{ online: true, status: 'online', onlineSinceAt: shownAt }]);
});
