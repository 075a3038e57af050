// Starts an example: `node examples/run.mjs react-chat` or `vanilla`. It uses the server on port 3000 (PORCHLIGHT_URL names another), and where
// none answers there it starts one with --playground, which hands out the tokens, and stops it again at the end.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const name = process.argv[2] ?? 'react-chat';
const url = process.env.PORCHLIGHT_URL ?? 'http://127.0.0.1:3000';
const PATIENCE_MS = 20_000;

if (!/^[a-z-]+$/.test(name) || !existsSync(join(here, name, 'index.html'))) {
  console.error(`There is no example "${name}". There are react-chat and vanilla.`);
  process.exit(1);
}

/** Whether a server answers there, and its playground hands out tokens: yes, no, or nobody there. */
async function look() {
  try {
    return (await fetch(`${url}/playground/facts`)).ok ? 'ready' : 'no playground';
  } catch {
    return 'nobody';
  }
}

async function startServer() {
  const program = join(here, '..', 'packages', 'server', 'src', 'cli.ts');
  const { hostname, port } = new URL(url);
  const child = spawn(process.execPath, [program, 'serve', '--playground', `--host=${hostname}`, `--port=${port || 80}`], {
    stdio: 'inherit',
  });
  child.on('exit', (code) => stop(code ?? 1));
  const untilAt = Date.now() + PATIENCE_MS;
  while ((await look()) !== 'ready') {
    if (Date.now() > untilAt) throw new Error(`The server did not answer at ${url} within ${PATIENCE_MS / 1_000} s.`);
    await new Promise((later) => setTimeout(later, 100));
  }
  return child;
}

let server;
let page;
let stopping = false;
async function stop(code) {
  if (stopping) return;
  stopping = true;
  server?.kill('SIGTERM');
  await page?.close();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(0));

const found = await look();
if (found === 'no playground') {
  console.error(`The server at ${url} hands out no tokens. Start it with --playground, or stop it and let this command start one.`);
  process.exit(1);
}
if (found === 'nobody') server = await startServer();
page = await createServer({ root: join(here, name), configFile: join(here, name, 'vite.config.ts') });
await page.listen();
page.printUrls();
console.log('  Open it twice, the second time with ?as=bob, and a light goes on. Ctrl+C ends it.');
