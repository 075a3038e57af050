import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ManualClock } from '../clock.ts';
import { Inbox, type Match } from './inbox.ts';

// Debian's own: another one on the path would not see the packages that Debian installs.
const PYTHON = '/usr/bin/python3';

/** Whether Debian's `python3-socketio`, with `python3-requests` and `python3-websocket` for its two transports, is installed. */
export function hasPythonClient(): boolean {
  return spawnSync(PYTHON, ['-c', 'import socketio, requests, websocket']).status === 0;
}

/** The Socket.IO client of another language, in a process of its own. */
export class PythonClient {
  readonly inbox: Inbox;
  readonly ended: Promise<unknown>;
  readonly #child;

  constructor(url: string, clock: ManualClock, namespace: string, transport: string, token: string) {
    this.inbox = new Inbox(`the Python client at ${namespace}`, clock);
    this.#child = spawn(PYTHON, [join(import.meta.dirname, 'python-client.py'), url, namespace, transport, token], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.ended = once(this.#child, 'close');
    createInterface(this.#child.stdout).on('line', (line) => {
      const [event, payload] = JSON.parse(line) as [string, unknown];
      this.inbox.put(event, payload);
    });
  }

  next<Payload = Record<string, unknown>>(event: string, match?: Match): Promise<Payload> {
    return this.inbox.next<Payload>(event, match);
  }

  emit(event: string, payload: unknown): void {
    this.#say(['emit', event, payload]);
  }

  ask<Answer = Record<string, unknown>>(event: string, payload: unknown): Promise<Answer> {
    this.#say(['ask', event, payload]);
    return this.next<Answer>('#ack');
  }

  leave(): void {
    this.#say(['leave']);
  }

  end(): void {
    this.#child.kill();
  }

  #say(words: unknown[]): void {
    this.#child.stdin.write(`${JSON.stringify(words)}\n`);
  }
}
