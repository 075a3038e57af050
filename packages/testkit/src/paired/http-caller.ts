import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { apiRoutes, createHttpListener, type PresenceNode } from '@porchlight/server';

interface Asked {
  method: string;
  url: string;
  token?: string;
  body?: unknown;
}

/** Asks a node over HTTP without a network: Node's own request and response, and the server's own listener between them. */
export class HttpCaller {
  readonly #listener: ReturnType<typeof createHttpListener>;

  constructor(node: PresenceNode) {
    this.#listener = createHttpListener(node, [apiRoutes]);
  }

  /** Resolves to everything that went over the wire: status line, headers and body. */
  ask({ method, url, token, body }: Asked): Promise<string> {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '10.0.0.9' });
    const request = new IncomingMessage(socket);
    Object.assign(request, { method, url, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 });
    const text = body === undefined ? '' : JSON.stringify(body);
    request.headers = {
      host: 'porchlight.test',
      ...(token === undefined ? null : { authorization: `Bearer ${token}` }),
      ...(text === '' ? null : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    };
    if (text !== '') request.push(text);
    request.push(null);

    const chunks: Buffer[] = [];
    const wire = new Writable({
      write(chunk, _encoding, done) {
        chunks.push(Buffer.from(chunk));
        done();
      },
    });
    const response = new ServerResponse(request);
    // The one header that is of the real world's time.
    response.sendDate = false;
    response.assignSocket(wire as unknown as Socket);
    return new Promise((resolve) => {
      response.once('finish', () => resolve(Buffer.concat(chunks).toString()));
      this.#listener(request, response);
    });
  }
}

/** The body of an answer that `ask` resolved to. */
export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}
