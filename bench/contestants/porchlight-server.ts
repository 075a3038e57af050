import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../packages/server/src/limits.ts';
import { TOKEN_SECRET } from '../load/bench-user.ts';
import { freePort } from '../server-process.ts';
import type { Accounts, Launch } from './contestant.ts';
import { nodeServer } from './node-server.ts';

/**
 * What protects a server from a thousand connections of one machine would stop the benchmark, whose connections all come from one.
 * The limits stay in force and are checked as ever, only higher.
 */
const LIFTED = /(?:PerMinute|Burst|PerAddress)Max$/;

/** The product as `porchlight serve` starts it, with its default store in the folder, tokens verified, and logs of warnings only. */
export async function porchlightServer(
  folder: string,
  { graceMs }: Accounts,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Launch> {
  const port = await freePort();
  const lifted = Object.entries(LIMITS).flatMap(([name, { max }]) => (LIFTED.test(name) ? [[name, max]] : []));
  const configuration = {
    port,
    data: join(folder, 'data'),
    jwtSecret: TOKEN_SECRET,
    logLevel: 'warn',
    ...Object.fromEntries(lifted),
    ...(graceMs === undefined ? null : { graceMs }),
    ...options,
  };
  const file = join(folder, 'porchlight.json');
  await writeFile(file, JSON.stringify(configuration));
  const launch = nodeServer('../../packages/server/src/cli.ts');
  return { ...launch, args: [...launch.args, 'serve', '--config', file], port };
}
