import type { IncomingMessage } from 'node:http';
import { z } from '@hono/zod-openapi';
import { PorchlightError } from '../errors.ts';
import type { PresenceNode } from '../node.ts';
import { isLoopback } from '../options.ts';
import { sendJson, sendRefusal, sendText } from '../transports/http-answer.ts';
import type { HttpApp } from '../transports/http-app.ts';
import { refusalFor } from '../transports/http-caller.ts';
import type { Callers } from './caller.ts';
import { documentOther } from './document.ts';

const health = z.strictObject({ status: z.literal('ok') }).openapi('Health');
/** How long the store may take to show that it takes writes. */
const READY_WITHIN_MS = 2_000;

/** Whether it lives, whether it may be sent people, and how much it does: for whoever runs it. */
export function runningRoutes(app: HttpApp, node: PresenceNode, callers: Callers): void {
  const { metrics, options } = node.parts;

  const common = { mayCall: 'anyone', contentType: 'application/json', answers: health } as const;
  documentOther(app, { ...common, path: '/healthz', summary: 'The process lives.', codes: [] });
  app.get('/healthz', ({ env }) => sendJson(env.outgoing, 200, { status: 'ok' }));

  documentOther(app, {
    ...common,
    path: '/readyz',
    summary: 'The store takes writes, and the server is not stopping.',
    codes: ['UNAVAILABLE'],
  });
  app.get('/readyz', async ({ env: { incoming, outgoing } }) => {
    try {
      if (node.gateway.isDraining) throw new PorchlightError('UNAVAILABLE', 'The server is stopping.', { retryAfterMs: 1_000 });
      await takesWrites(node);
      return sendJson(outgoing, 200, { status: 'ok' });
    } catch (error) {
      return sendRefusal(outgoing, refusalFor(error, incoming, node));
    }
  });

  documentOther(app, {
    path: '/metrics',
    summary: 'Metrics for Prometheus: for API keys and from loopback, unless the option `metricsPublic` opens them.',
    mayCall: options.metricsPublic ? 'anyone' : 'back-end',
    contentType: 'text/plain',
    answers: z.string(),
    codes: ['UNAUTHENTICATED', 'RATE_LIMITED'],
  });
  app.get('/metrics', async ({ env: { incoming, outgoing } }) => {
    try {
      if (!options.metricsPublic && callers.tenantOfKey(incoming) === undefined && !isFromHere(incoming))
        throw new PorchlightError('UNAUTHENTICATED', 'Metrics take an API key from elsewhere than loopback (or --metrics-public).');
      const { contentType, text } = await metrics.scrape();
      return sendText(outgoing, contentType, text);
    } catch (error) {
      return sendRefusal(outgoing, refusalFor(error, incoming, node));
    }
  });
}

async function takesWrites({ service, parts: { clock } }: PresenceNode): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = clock.alarm(clock.now() + READY_WITHIN_MS, () =>
    reject(new PorchlightError('UNAVAILABLE', 'The store does not answer.', { retryAfterMs: 1_000 })),
  );
  try {
    await Promise.race([service.flushed(), promise]);
  } finally {
    cancel();
  }
}

// A proxy on this machine speaks for the whole world, and a page in a browser here can be anybody's.
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const peer = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const isForwarded = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'].some((name) => headers[name] !== undefined);
  return isLoopback(peer) && !isForwarded && isLoopbackName(headers.host);
}

function isLoopbackName(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  return isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''));
}
