import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PorchlightError } from '../errors.ts';
import { refusalBody, refusalHead } from './http-answer.ts';

/** Refuses an upgrade in the form of `/v1`, and lets go of the connection whether the client does or not. */
export function refuseUpgrade(stream: Duplex, refusal: PorchlightError): void {
  const { status, headers } = refusalHead(refusal);
  const body = JSON.stringify(refusalBody(refusal));
  const head = {
    ...headers,
    Connection: 'close',
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.on('error', () => stream.destroy());
  // Node's own time limits end with the upgrade, and its sockets stay half open: who never hangs up would keep it for ever.
  stream.once('finish', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}
