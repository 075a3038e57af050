#!/usr/bin/env node
import { failureWords } from './cli/failure-words.ts';

/** What a command is given of the process, so that it never reaches for it. */
export interface Terminal {
  /** What follows the command. */
  argv: string[];
  env: NodeJS.ProcessEnv;
  /** One line to standard output. */
  print(line: string): void;
  /** One line to standard error. */
  warn(line: string): void;
}

/** Ends with the exit code, or with undefined when the command goes on in the background. */
type Command = (terminal: Terminal) => Promise<number | undefined>;

// Each is imported when it is asked for: a token is made without loading a server.
const COMMANDS = new Map<string, () => Promise<Command>>([
  ['serve', async () => (await import('./cli/serve.ts')).serve],
  ['token', async () => (await import('./cli/token.ts')).token],
  ['doctor', async () => (await import('./cli/doctor.ts')).doctor],
  ['help', async () => (await import('./cli/help.ts')).help],
  ['version', async () => (await import('./cli/help.ts')).version],
]);

/** What people type out of habit. */
const ALIASES = new Map([
  ['--help', 'help'],
  ['-h', 'help'],
  ['--version', 'version'],
  ['-v', 'version'],
]);

async function main(): Promise<number | undefined> {
  const [given = 'help', ...argv] = process.argv.slice(2);
  const asksForHelp = argv.includes('--help') || argv.includes('-h');
  const name = asksForHelp ? 'help' : (ALIASES.get(given) ?? given);
  const terminal: Terminal = {
    argv: asksForHelp ? [] : argv,
    env: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`${line}\n`),
  };
  const load = COMMANDS.get(name);
  if (load === undefined) {
    terminal.warn(`There is no command "${name}". The commands are ${[...COMMANDS.keys()].join(', ')}.`);
    return 1;
  }
  try {
    const run = await load();
    return await run(terminal);
  } catch (error) {
    terminal.warn(failureWords(error));
    // Not only an exit code: what a half-started server holds open would keep the process alive.
    process.exit(1);
  }
}

const code = await main();
if (code !== undefined) process.exitCode = code;
