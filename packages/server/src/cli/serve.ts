import { randomBytes } from 'node:crypto';
import { signToken } from '../authenticate.ts';
import type { Terminal } from '../cli.ts';
import { type Clock, createSystemClock } from '../clock.ts';
import { optionWarnings, readOptions, type ServerOptions, unknownEnvironment } from '../options.ts';
import { tokenSecret } from '../secrets.ts';
import { runUntilStopped } from './run-until-stopped.ts';

const PLAYGROUND_PEOPLE = ['alice', 'bob', 'carol'];
const PLAYGROUND_TOKEN_MS = 86_400_000;

/** What somebody who just started the playground can do next. */
function playgroundLines(url: string, options: ServerOptions, clock: Clock): string[] {
  const opening = ['', `  Playground   ${url}/`, ''];
  const jwtSecret = tokenSecret(options);
  if (jwtSecret === null) return opening;
  const tokens = PLAYGROUND_PEOPLE.map((user) => {
    const name = `${user.charAt(0).toUpperCase()}${user.slice(1)}`;
    return { user, token: signToken({ user, profile: { name }, lifetimeMs: PLAYGROUND_TOKEN_MS }, { ...options, jwtSecret, clock }) };
  });
  return [
    ...opening,
    '  Tokens for a day:',
    ...tokens.map(({ user, token }) => `  ${user.padEnd(6)} ${token}`),
    '',
    '  To be online as alice for as long as a heartbeat lasts:',
    `  curl -X POST -H 'Authorization: Bearer ${tokens[0]?.token}' ${url}/api/update-online-status`,
    '',
  ];
}

/** Runs the server until it is stopped. */
export async function serve({ argv, env, print, warn }: Terminal): Promise<undefined> {
  const options = readOptions({ argv, env });
  for (const warning of optionWarnings(options)) warn(`Warning: ${warning}`);
  for (const name of unknownEnvironment(env)) warn(`Warning: ${name} is set, but there is no such option.`);

  const [{ createServer }, { createLogger }] = await Promise.all([import('../create-server.ts'), import('../log.ts')]);
  const clock = createSystemClock();
  const log = createLogger({ ...options, clock, hashKey: randomBytes(16) });
  const server = await createServer(options);
  runUntilStopped(server, {
    clock,
    shutdownMs: options.shutdownMs,
    print,
    report: (error) => log.fatal({ err: error }, 'An error that nobody caught; stopping.'),
  });
  const { url } = await server.listen();
  print(`Porchlight is on at ${url}`);
  if (options.playground) for (const line of playgroundLines(url, options, clock)) print(line);
}
