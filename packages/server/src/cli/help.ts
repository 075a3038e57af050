import { readFileSync } from 'node:fs';
import type { Terminal } from '../cli.ts';
import { optionsHelp, optionsMarkdown } from '../options/markdown.ts';

const HELP = `Porchlight, the presence server.

  porchlight serve [options]      runs the server
  porchlight token --user ID      prints a token for a user; also --name, --role, --email, --tenant, --ttl 24h
  porchlight doctor [options]     checks configuration, data, keys and port, and says what is wrong
  porchlight help options         lists every option (with --markdown as a table)
  porchlight version              prints the version

Every option is a flag, an environment variable (--grace-ms is PORCHLIGHT_GRACE_MS) or a key of the JSON file that
--config names (graceMs). Flags win over the environment, and that over the file. A switch is on or off as --playground or
--no-playground, and true or false elsewhere; a list is its flag repeated, commas in the environment, an array in the file.`;

export async function help({ argv, print, warn }: Terminal): Promise<number> {
  const [topic, ...rest] = argv;
  if (topic === undefined) print(HELP);
  else if (topic === 'options') print(rest.includes('--markdown') ? optionsMarkdown() : optionsHelp());
  else {
    warn(`There is no help about "${topic}"; there is about "options".`);
    return 1;
  }
  return 0;
}

export async function version({ print }: Terminal): Promise<number> {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  print(String((manifest as { version: unknown }).version));
  return 0;
}
