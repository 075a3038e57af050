import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Terminal } from '../cli.ts';
import { failureWords } from './failure-words.ts';

/*
 * For the tests of the program: real processes of it, and its commands called directly where many are tried, with an environment of their own.
 */

export interface Program {
  pid: number;
  output: { stdout: string; stderr: string };
  /** Resolves once standard output matches; rejects when the program ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

export function startNode(args: string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return {
    pid: child.pid ?? 0,
    output,
    said: (pattern) =>
      new Promise((found, failed) => {
        const look = () => {
          const match = pattern.exec(output.stdout);
          if (match !== null) found(match);
        };
        child.stdout.on('data', look);
        ended.then((code) => failed(new Error(`ended (${code}) without saying ${pattern}: ${output.stdout}${output.stderr}`)));
        look();
      }),
    signal: (name) => void child.kill(name),
    ended,
  };
}

/** Runs `porchlight` to its end. */
export async function porchlight(args: string[], env: Record<string, string> = {}) {
  const program = startNode([join(import.meta.dirname, '../cli.ts'), ...args], env);
  const code = await program.ended;
  return { code, ...program.output };
}

/** Calls one command as the program would. */
export async function call(command: (terminal: Terminal) => Promise<number | undefined>, argv: string[], env: Record<string, string> = {}) {
  const output = { stdout: '', stderr: '' };
  const terminal: Terminal = {
    argv,
    env,
    print: (line) => {
      output.stdout += `${line}\n`;
    },
    warn: (line) => {
      output.stderr += `${line}\n`;
    },
  };
  try {
    return { code: await command(terminal), ...output };
  } catch (error) {
    return { code: 1, ...output, stderr: `${output.stderr}${failureWords(error)}\n` };
  }
}
