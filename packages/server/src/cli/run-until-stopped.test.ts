import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { startNode } from './run-program.ts';

const moduleAt = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);

/** A process with a listening server, run until it is stopped; `close` is the body of its close function. */
async function run({ close, shutdownMs = 10_000, then = '' }: { close: string; shutdownMs?: number; then?: string }) {
  const program = startNode([
    '--input-type=module',
    '--eval',
    `import { createServer } from 'node:net';
     import { createSystemClock } from ${moduleAt('../clock.ts')};
     import { runUntilStopped } from ${moduleAt('./run-until-stopped.ts')};
     const listener = createServer().listen(0, '127.0.0.1', () => { console.log('on'); ${then} });
     const server = { close: async () => { ${close} } };
     runUntilStopped(server, { clock: createSystemClock(), shutdownMs: ${shutdownMs}, print: console.log, report: (error) => console.log('reported', error.message) });`,
  ]);
  await program.said(/on\n/);
  return program;
}

const inGoodOrder = "await new Promise((done) => listener.close(done)); console.log('saved');";

test.each(['SIGTERM', 'SIGINT'] as const)('%s closes the server and exits 0', async (signal) => {
  const program = await run({ close: inGoodOrder });
  program.signal(signal);
  expect(await program.ended).toBe(0);
  expect(program.output.stdout).toMatch(/stopping.*\nsaved\n$/);
});

test('a second signal exits 1 at once', async () => {
  const program = await run({ close: "console.log('closing'); await new Promise(() => {});" });
  program.signal('SIGTERM');
  await program.said(/closing/);
  program.signal('SIGINT');
  expect(await program.ended).toBe(1);
});

test('a server that does not close in time is given up, with exit 1', async () => {
  const program = await run({ close: 'await new Promise(() => {});', shutdownMs: 100 });
  program.signal('SIGTERM');
  expect(await program.ended).toBe(1);
  expect(program.output.stdout).toMatch(/Not stopped after 100 ms/);
});

test('a server that fails to close is reported, with exit 1', async () => {
  const program = await run({ close: "throw new Error('disk full');" });
  program.signal('SIGTERM');
  expect(await program.ended).toBe(1);
  expect(program.output.stdout).toMatch(/reported disk full/);
});

test.each([
  ['thrown', "setImmediate(() => { throw new Error('oops'); });"],
  ['rejected', "Promise.reject(new Error('oops'));"],
])('[T43] an error %s that nobody caught is reported, what can be saved is, exit 1', async (_, then) => {
  const program = await run({ close: inGoodOrder, then });
  expect(await program.ended).toBe(1);
  expect(program.output.stdout).toMatch(/reported oops\nsaved\n$/);
});
